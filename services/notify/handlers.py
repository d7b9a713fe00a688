"""Events in; inbox entries, mails and what is heard of deliveries out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from services.notify import store
from services.notify.audience import addresses_of, audience_of
from services.notify.model import Delivery, DeliveryAction, Step
from services.notify.store import InboxEntry, Mail
from services.notify.texts import KIND_OF_EVENT, text_of
from shared.campaign import Campaign
from shared.consuming import Effects
from shared.errors import RejectEvent
from shared.events import (
    REGISTRY,
    Event,
    EventData,
    NoticeFailed,
    NoticeSent,
    Topic,
    derived_id,
    from_message,
)
from shared.log.port import LoggedMessage
from shared.platform import Clock
from shared.real_time import RealClock
from shared.store.port import Body, Collection, Counters, Transaction

MAILED_FOR = timedelta(days=3)
"""Of what happened longer ago no mail is begun: the inbox has it. A rebuild mustn't flood anybody."""


@dataclass(slots=True)
class Made:
    """What events come to; by notice id, so that a repeat is seen."""

    entries: dict[str, Body] = field(default_factory=dict)
    mails: dict[str, Body] = field(default_factory=dict)
    begun: dict[str, Delivery] = field(default_factory=dict)
    heard: list[tuple[Delivery, Step]] = field(default_factory=list)

    @classmethod
    def merged(cls, of_each: Iterable[Made]) -> Made:
        """What all of them come to together."""
        all_made = cls()
        for made in of_each:
            all_made.entries |= made.entries
            all_made.mails |= made.mails
            all_made.begun |= made.begun
            all_made.heard += made.heard
        return all_made


class NotifyHandler:
    """The fold of ``quota``, ``access`` and ``notices``; a ``shared.consuming.Handler``.

    Ids of notices come from their event and recipient, so nothing is made twice. What the log says of a
    delivery holds whether it is read before or after the event that the mail tells of. A delivery is begun
    when a mail server is configured and the news is fresh; entries and mails depend on the log alone.
    """

    name = "notify"
    topics = (Topic.QUOTA, Topic.ACCESS, Topic.NOTICES)
    collections: tuple[Collection | Counters, ...] = (store.INBOX, store.MAILS)

    def __init__(
        self,
        campaigns: Mapping[str, Campaign],
        *,
        is_mail_on: bool,
        clock: Clock,
        real_clock: RealClock,
        when_applied: Callable[[], None],
    ) -> None:
        self._campaigns = campaigns
        self._is_mail_on = is_mail_on
        self._clock = clock
        self._real_clock = real_clock
        self._when_applied = when_applied

    def read(self, message: LoggedMessage) -> Made:
        """The notices of an event, or what it tells of a delivery. Raises RejectEvent."""
        made = Made()
        self._fold(from_message(message), made)
        return made

    async def apply(self, made_of_each: Sequence[Made], effects: Effects) -> None:
        """Write the notices down, and note what is heard of deliveries."""
        made = Made.merged(made_of_each)
        await _insert_missing(effects.transaction, store.INBOX, made.entries)
        await _insert_missing(effects.transaction, store.MAILS, made.mails)
        await _write_deliveries(effects.transaction, made)
        effects.after_commit(self._when_applied)

    def _fold(self, event: Event, made: Made) -> None:
        data = _data_of(event)
        if isinstance(data, NoticeSent):
            made.heard.append(_heard(data, DeliveryAction.HEAR_SENT, data.sent_at))
        elif isinstance(data, NoticeFailed):
            made.heard.append(_heard(data, DeliveryAction.HEAR_FAILED, data.failed_at, data.reason))
        elif type(data) in KIND_OF_EVENT:
            self._make_notices(event, data, made)

    def _make_notices(self, event: Event, data: EventData, made: Made) -> None:
        campaign = self._campaign_of(data)
        happened_at = _moment("ce_time", event.time)
        audience = audience_of(data, campaign)
        text = text_of(data, campaign)
        common = {
            "campaign": campaign.id,
            "kind": KIND_OF_EVENT[type(data)],
            "subject": text.subject,
            "body": text.body,
            "cause_id": event.id,
            "at": event.time,
        }
        for recipient in audience:
            id = derived_id(event.id, "inbox", recipient.key)
            made.entries[id] = store.entry_body(InboxEntry(id, recipient.key, **common))
        now = self._clock()
        for address in addresses_of(audience, campaign):
            id = derived_id(event.id, "mail", address)
            mail = Mail(id, address=address, sender_name=campaign.office.name, **common)
            made.mails[id] = store.mail_body(mail)
            if self._is_mail_on and now - happened_at <= MAILED_FOR:
                made.begun[id] = Delivery(id, event.id, due_at=self._real_clock())

    def _campaign_of(self, data: EventData) -> Campaign:
        name: str = getattr(data, "campaign", "")
        if name not in self._campaigns:
            raise RejectEvent(f"campaign: {name!r} is not defined here")
        return self._campaigns[name]


def _data_of(event: Event) -> EventData:
    if event.type not in REGISTRY:
        raise RejectEvent(f"ce_type: {event.type!r} is no event type of this system")
    try:
        return REGISTRY[event.type].model_validate_json(event.data)
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc'])) or 'data'}: {e['msg']}" for e in error.errors())
        raise RejectEvent("; ".join(places)) from error


def _moment(field: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RejectEvent(f"{field}: {error}") from error
    if moment.tzinfo is None:
        raise RejectEvent(f"{field}: {text!r} has no offset from UTC")
    return moment


def _heard(
    data: NoticeSent | NoticeFailed, action: DeliveryAction, at: str, reason: str = ""
) -> tuple[Delivery, Step]:
    """The step, and the delivery that it is taken from where none is known yet."""
    moment = _moment("sent_at" if isinstance(data, NoticeSent) else "failed_at", at)
    return Delivery(data.notice_id, data.cause_id, due_at=moment), Step(action, moment, reason=reason)


async def _insert_missing(
    transaction: Transaction, collection: Collection, bodies: Mapping[str, Body]
) -> None:
    if not bodies:
        return
    known = await transaction.get_many(collection, list(bodies))
    fresh = [(id, body) for id, body in bodies.items() if id not in known]
    if fresh:
        await transaction.insert_many(collection, fresh)


async def _write_deliveries(transaction: Transaction, made: Made) -> None:
    """Begin what isn't known yet, then take every step that was heard of."""
    ids = list({*made.begun, *(delivery.notice_id for delivery, _ in made.heard)})
    if not ids:
        return
    documents = await transaction.get_many(store.DELIVERIES, ids)
    before = {id: store.delivery_of(document) for id, document in documents.items()}
    after = {**made.begun, **before}
    for unknown, step in made.heard:
        moved = after.setdefault(unknown.notice_id, unknown).after(step)
        if isinstance(moved, Delivery):
            after[unknown.notice_id] = moved
    inserts = [(id, store.delivery_body(d)) for id, d in after.items() if id not in before]
    changed = {id: d for id, d in after.items() if id in before and d != before[id]}
    replacements = [(id, store.delivery_body(d), documents[id].version) for id, d in changed.items()]
    if inserts:
        await transaction.insert_many(store.DELIVERIES, inserts)
    if replacements:
        await transaction.replace_many(store.DELIVERIES, replacements)
