"""What is told of a delivery once it is over."""

from __future__ import annotations

from services.notify.model import Delivery, DeliveryState
from shared.events import Event, NoticeFailed, NoticeSent, derived_id, make_event, rfc3339
from shared.metrics import NOTIFY_NOTICES, NoticeState

SOURCE = "/dafangtan/notify"
CHANNEL = "mail"

_COUNTED_AS = {
    DeliveryState.PENDING: NoticeState.RETRIED,
    DeliveryState.SENT: NoticeState.SENT,
    DeliveryState.FAILED: NoticeState.FAILED,
    DeliveryState.UNCONFIRMED: NoticeState.UNCONFIRMED,
}


def count_outcome(settled: Delivery) -> None:
    """Count how an attempt ended."""
    NOTIFY_NOTICES.labels(state=_COUNTED_AS[settled.state]).inc()


def count_server_away() -> None:
    """Count an attempt that didn't get as far as claiming a mail."""
    NOTIFY_NOTICES.labels(state=NoticeState.RETRIED).inc()


def outcome_event(delivery: Delivery) -> Event | None:
    """What the log is told of ``delivery``; None while it isn't over."""
    at = rfc3339(delivery.due_at)
    common = {"notice_id": delivery.notice_id, "cause_id": delivery.cause_id, "channel": CHANNEL}
    match delivery.state:
        case DeliveryState.PENDING | DeliveryState.SENDING:
            return None
        case DeliveryState.SENT:
            data: NoticeSent | NoticeFailed = NoticeSent(**common, sent_at=at)
        case DeliveryState.FAILED | DeliveryState.UNCONFIRMED:
            data = NoticeFailed(**common, reason=delivery.reason, failed_at=at)
    return make_event(
        data,
        id=derived_id(delivery.notice_id, delivery.state),
        source=SOURCE,
        subject=delivery.notice_id,
        time=at,
        key=delivery.notice_id,
    )
