"""Every metric of the system: a closed set, so that a dashboard or an alert can count on each name.

Names are ``dafangtan_<part>_<noun>_<unit>``; counters end in ``_total`` (Prometheus naming practice). Labels
have bounded sets of values (the definitions of campaigns, the channels, the consumers), never ids of people,
submissions or requests. ``tests/shared/test_metrics.py`` holds the list.
"""

from __future__ import annotations

from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

FAST_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class SubmissionOutcome(StrEnum):
    """What became of a submission that was sent to intake (label ``outcome``)."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    CONFLICT = "conflict"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"


class WeChatOutcome(StrEnum):
    """What came of a push from WeChat (label ``outcome``)."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    ANSWERED = "answered"
    BEFORE_CONSENT = "before-consent"
    INVALID = "invalid"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"
    NOT_FROM_WECHAT = "not-from-wechat"
    UNAVAILABLE = "unavailable"


class MediaOutcome(StrEnum):
    """How an attempt to fetch media from WeChat ended (label ``outcome``)."""

    FETCHED = "fetched"
    RETRIED = "retried"
    GIVEN_UP = "given-up"
    WITHDRAWN = "withdrawn"


class NoticeState(StrEnum):
    """How an attempt to send a notice ended (label ``state``)."""

    SENT = "sent"
    FAILED = "failed"
    RETRIED = "retried"
    UNCONFIRMED = "unconfirmed"


class GrantDecision(StrEnum):
    """What was decided about a use grant (label ``decision``)."""

    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


HTTP_REQUEST_DURATION = Histogram(
    "dafangtan_http_request_duration_seconds",
    "Time from a request's headers to the end of its answer, but for streams, which go on until somebody leaves.",
    ["method", "route", "status_class"],
    buckets=FAST_SECONDS,
)
LOG_APPEND_DURATION = Histogram(
    "dafangtan_log_append_duration_seconds",
    "Time from an append to its durability.",
    ["topic"],
    buckets=FAST_SECONDS,
)
CONSUMER_LAG = Gauge(
    "dafangtan_consumer_lag_messages",
    "Messages between a consumer's place and the end of a topic, summed over the partitions assigned here.",
    ["consumer", "topic"],
)
CONSUMER_BATCHES = Histogram(
    "dafangtan_consumer_batch_duration_seconds",
    "Time to apply one batch in its transaction.",
    ["consumer"],
    buckets=FAST_SECONDS,
)
CONSUMER_MESSAGES = Counter(
    "dafangtan_consumer_messages_total", "Messages applied or rejected.", ["consumer"]
)
CONSUMER_FORERUN = Counter(
    "dafangtan_consumer_forerun_messages_total",
    "Messages that a second process had read, since so many were waiting.",
    ["consumer"],
)
CONSUMER_REJECTED = Counter(
    "dafangtan_consumer_rejected_messages_total", "Messages written to the dead letters.", ["consumer"]
)
CONSUMER_WAITING = Gauge(
    "dafangtan_consumer_waiting_flag", "1 while the consumer waits for the log or the store.", ["consumer"]
)
OUTBOX_PENDING = Gauge(
    "dafangtan_outbox_pending_events", "Events that wait in a service's outbox for the log.", ["service"]
)
CLOCK_REPLAYED = Gauge(
    "dafangtan_clock_replayed_flag",
    "1 while the campaign's time comes from a replay's clock and isn't the real one.",
)
INTAKE_SUBMISSIONS = Counter(
    "dafangtan_intake_submissions_total",
    "Submissions that arrived, by their outcome.",
    ["channel", "outcome"],
)
INTAKE_SPOOL = Gauge("dafangtan_intake_spool_events", "Events on disk that wait for the log.")
INTAKE_SPOOL_AGE = Gauge(
    "dafangtan_intake_spool_age_seconds", "How long the oldest event on disk has waited; 0 when none waits."
)
INTAKE_QUARANTINED = Counter(
    "dafangtan_intake_quarantined_items_total",
    "Raw inputs that were put into quarantine, by the reason.",
    ["channel", "reason"],
)
INTAKE_QUARANTINE_WAITING = Gauge(
    "dafangtan_intake_quarantine_waiting_items", "Raw inputs in quarantine that nobody has settled yet."
)
INTAKE_UNSEALED = Counter(
    "dafangtan_intake_unsealed_fields_total", "Sealed fields that were opened for a person.", ["campaign"]
)
INTAKE_THROTTLED = Counter(
    "dafangtan_intake_throttled_requests_total",
    "Requests that were refused because too many came, by the limit that they met.",
    ["limit"],
)
INTAKE_WEBHOOK_REQUESTS = Counter(
    "dafangtan_intake_webhook_requests_total",
    "Attempts to deliver a reply to the app's backend, by their end (delivered, refused, retried).",
    ["outcome"],
)
INTAKE_KEY_ROTATING = Gauge(
    "dafangtan_intake_key_rotating_flag",
    "1 while a sealing key that was rotated has not been destroyed yet.",
    ["campaign"],
)
INTAKE_IMPORT_ROWS = Counter(
    "dafangtan_intake_import_rows_total", "Rows of uploaded workbooks, by what became of them.", ["outcome"]
)
INTAKE_IMPORT_PROGRESS = Gauge(
    "dafangtan_intake_import_progress_ratio",
    "How much of the workbook that this process works on is done; 0 when none is.",
)
INTAKE_WECHAT_MESSAGES = Counter(
    "dafangtan_intake_wechat_messages_total",
    "Messages and events that WeChat pushed, by what they are and what came of them.",
    ["kind", "outcome"],
)
INTAKE_WECHAT_MEDIA = Counter(
    "dafangtan_intake_wechat_media_requests_total",
    "Attempts to fetch the media of messages from WeChat, by their end.",
    ["outcome"],
)
INTAKE_WECHAT_MEDIA_WAITING = Gauge(
    "dafangtan_intake_wechat_media_waiting_items",
    "Media of messages that are still to be fetched from WeChat.",
)
QUOTA_BUCKET = Gauge(
    "dafangtan_quota_bucket_submissions",
    "Submissions in each named bucket of the quota's books.",
    ["campaign", "bucket"],
)
QUOTA_OTHER_RULES = Gauge(
    "dafangtan_quota_other_rules_flag",
    "1 while the counting rules that this process has loaded are not those of the board.",
)
QUOTA_STREAM_LISTENERS = Gauge(
    "dafangtan_quota_stream_listeners", "Open connections that listen to a board's changes."
)
QUOTA_STREAM_CHANGES = Counter(
    "dafangtan_quota_stream_changes_total", "Changes and snapshots of boards that were sent to listeners."
)
QUOTA_STREAM_SKIPPED = Counter(
    "dafangtan_quota_stream_skipped_changes_total",
    "Changes that a listener was too slow for: it got the newest state instead.",
)
ANALYTICS_ROWS = Gauge(
    "dafangtan_analytics_submission_rows", "Rows of analytics, live and withdrawn.", ["campaign", "state"]
)
BOOKS_DIFFERENCE = Gauge(
    "dafangtan_books_difference_submissions",
    "Largest difference between the books of intake, quota and analytics; 0 when they balance.",
    ["campaign"],
)
NOTIFY_NOTICES = Counter(
    "dafangtan_notify_notices_total", "Attempts to send a notice, by their end.", ["state"]
)
RELEASE_GRANT_DECISIONS = Counter(
    "dafangtan_release_grant_decisions_total", "Decisions about use grants.", ["decision"]
)
