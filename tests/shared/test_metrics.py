"""The closed set of metrics."""

import re

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics

UNITS = {
    "seconds",
    "messages",
    "events",
    "submissions",
    "rows",
    "flag",
    "notices",
    "decisions",
    "items",
    "ratio",
    "fields",
    "requests",
    "listeners",
    "changes",
}

# Dashboards and alerts count on these. A change here is a change of interface.
EXPECTED = {
    "dafangtan_analytics_submission_rows": ("campaign", "state"),
    "dafangtan_books_difference_submissions": ("campaign",),
    "dafangtan_clock_replayed_flag": (),
    "dafangtan_consumer_batch_duration_seconds": ("consumer",),
    "dafangtan_consumer_lag_messages": ("consumer", "topic"),
    "dafangtan_consumer_messages": ("consumer",),
    "dafangtan_consumer_forerun_messages": ("consumer",),
    "dafangtan_consumer_rejected_messages": ("consumer",),
    "dafangtan_consumer_waiting_flag": ("consumer",),
    "dafangtan_http_request_duration_seconds": ("method", "route", "status_class"),
    "dafangtan_intake_key_rotating_flag": ("campaign",),
    "dafangtan_intake_quarantine_waiting_items": (),
    "dafangtan_intake_quarantined_items": ("channel", "reason"),
    "dafangtan_intake_spool_age_seconds": (),
    "dafangtan_intake_import_progress_ratio": (),
    "dafangtan_intake_import_rows": ("outcome",),
    "dafangtan_intake_spool_events": (),
    "dafangtan_intake_submissions": ("channel", "outcome"),
    "dafangtan_intake_throttled_requests": ("limit",),
    "dafangtan_intake_unsealed_fields": ("campaign",),
    "dafangtan_intake_wechat_media_requests": ("outcome",),
    "dafangtan_intake_wechat_media_waiting_items": (),
    "dafangtan_intake_wechat_messages": ("kind", "outcome"),
    "dafangtan_intake_webhook_requests": ("outcome",),
    "dafangtan_log_append_duration_seconds": ("topic",),
    "dafangtan_notify_notices": ("state",),
    "dafangtan_outbox_pending_events": ("service",),
    "dafangtan_quota_bucket_submissions": ("campaign", "bucket"),
    "dafangtan_quota_stream_changes": (),
    "dafangtan_quota_other_rules_flag": (),
    "dafangtan_quota_stream_listeners": (),
    "dafangtan_quota_stream_skipped_changes": (),
    "dafangtan_release_grant_decisions": ("decision",),
}


def declared():
    return [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]


def test_the_set_is_what_dashboards_count_on():
    assert {metric._name: metric._labelnames for metric in declared()} == EXPECTED


def test_nobody_declares_a_metric_elsewhere():
    registered = {family.name for family in REGISTRY.collect() if family.name.startswith("dafangtan_")}
    assert registered == EXPECTED.keys()


def test_names_say_part_noun_and_unit():
    for name in EXPECTED:
        assert re.fullmatch(r"dafangtan_[a-z]+(_[a-z]+)+", name)
        assert name.rpartition("_")[2] in UNITS


def test_no_label_is_an_id():
    labels = {label for names in EXPECTED.values() for label in names}
    assert not {label for label in labels if re.search("id|person|subject|receipt|path|unit", label)}


def test_every_metric_says_what_it_counts():
    assert all(metric._documentation.endswith(".") for metric in declared())
