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
    "Time from a request's headers to the end of its answer.",
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
CONSUMER_REJECTED = Counter(
    "dafangtan_consumer_rejected_messages_total", "Messages written to the dead letters.", ["consumer"]
)
CONSUMER_WAITING = Gauge(
    "dafangtan_consumer_waiting_flag", "1 while the consumer waits for the log or the store.", ["consumer"]
)
OUTBOX_PENDING = Gauge(
    "dafangtan_outbox_pending_events", "Events that wait in a service's outbox for the log.", ["service"]
)
INTAKE_SUBMISSIONS = Counter(
    "dafangtan_intake_submissions_total",
    "Submissions that arrived, by their outcome.",
    ["channel", "outcome"],
)
INTAKE_SPOOL = Gauge("dafangtan_intake_spool_events", "Events on disk that wait for the log.")
QUOTA_BUCKET = Gauge(
    "dafangtan_quota_bucket_submissions",
    "Submissions in each named bucket of the quota's books.",
    ["campaign", "bucket"],
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
