"""The documents of notify.

``INBOX`` and ``MAILS`` are folds of the log and nothing else: a rebuild clears them and finds them again.
``DELIVERIES`` remembers what the senders did, ``READ_MARKS`` what people did: a rebuild leaves both alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.model import Delivery, DeliveryState
from shared.events import rfc3339
from shared.store.port import Body, Collection, Document, Index, Page, Range, Reader

INBOX = Collection("notify.inbox", (Index(("recipient", "order")),))
MAILS = Collection("notify.mails")
DELIVERIES = Collection("notify.deliveries", (Index(("state", "due_at")),))
READ_MARKS = Collection("notify.read_marks")


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A notice as it lies in the inbox of ``recipient`` (``role:…``, ``unit:…``, ``subject:…``).

    ``at`` is the time of the event, RFC 3339 in UTC.
    """

    notice_id: str
    recipient: str
    campaign: str
    kind: str
    subject: str
    body: str
    cause_id: str
    at: str

    @property
    def order(self) -> str:
        """Sorts entries by time, and tells any two apart."""
        return f"{self.at}/{self.notice_id}"


@dataclass(frozen=True, slots=True)
class Mail:
    """A notice as it goes to one address; ``sender_name`` stands beside the sender's address."""

    notice_id: str
    campaign: str
    kind: str
    address: str
    sender_name: str
    subject: str
    body: str
    cause_id: str
    at: str


def entry_body(entry: InboxEntry) -> Body:
    """The document of ``entry``."""
    return {
        "recipient": entry.recipient,
        "order": entry.order,
        "campaign": entry.campaign,
        "kind": entry.kind,
        "subject": entry.subject,
        "body": entry.body,
        "cause_id": entry.cause_id,
        "at": entry.at,
    }


def entry_of(document: Document) -> InboxEntry:
    """The entry in ``document``."""
    fields = {name: value for name, value in document.body.items() if name != "order"}
    return InboxEntry(notice_id=document.id, **fields)


def mail_body(mail: Mail) -> Body:
    """The document of ``mail``."""
    return {
        "campaign": mail.campaign,
        "kind": mail.kind,
        "address": mail.address,
        "sender_name": mail.sender_name,
        "subject": mail.subject,
        "body": mail.body,
        "cause_id": mail.cause_id,
        "at": mail.at,
    }


def mail_of(document: Document) -> Mail:
    """The mail in ``document``."""
    return Mail(notice_id=document.id, **document.body)


def delivery_body(delivery: Delivery) -> Body:
    """The document of ``delivery``."""
    first = delivery.first_attempt_at
    return {
        "cause_id": delivery.cause_id,
        "state": delivery.state.value,
        "due_at": rfc3339(delivery.due_at),
        "attempts_count": delivery.attempts_count,
        "first_attempt_at": None if first is None else rfc3339(first),
        "claimed_by": delivery.claimed_by,
        "reason": delivery.reason,
    }


def delivery_of(document: Document) -> Delivery:
    """The delivery in ``document``."""
    body = document.body
    first = body["first_attempt_at"]
    return Delivery(
        notice_id=document.id,
        cause_id=body["cause_id"],
        due_at=datetime.fromisoformat(body["due_at"]),
        state=DeliveryState(body["state"]),
        attempts_count=body["attempts_count"],
        first_attempt_at=None if first is None else datetime.fromisoformat(first),
        claimed_by=body["claimed_by"],
        reason=body["reason"],
    )


async def due_deliveries(
    reader: Reader, state: DeliveryState, now: datetime, *, limit: int
) -> list[Delivery]:
    """Deliveries in ``state`` whose time has come, longest due first."""
    after = rfc3339(now + timedelta(milliseconds=1))
    where = {"state": state.value, "due_at": Range(lt=after)}
    page = await reader.find(DELIVERIES, where, order_by="due_at", limit=limit)
    return [delivery_of(document) for document in page.documents]


async def deliveries_in(reader: Reader, state: DeliveryState, *, cursor: str | None) -> Page:
    """Deliveries in ``state``, latest first."""
    return await reader.find(
        DELIVERIES, {"state": state.value}, order_by="due_at", descending=True, limit=50, cursor=cursor
    )
