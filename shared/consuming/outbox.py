"""The outbox: what a transaction has to tell the log, kept in that transaction, appended by a relay."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence

from shared.background import FinishingComponent
from shared.consuming.waiting import Waiting
from shared.errors import RetryLater
from shared.events import Event, Topic, to_message
from shared.log.port import EventLog, Message
from shared.metrics import OUTBOX_PENDING
from shared.real_time import RealClock
from shared.store.port import Collection, Document, Index, Page, Store, Transaction
from shared.store.retrying import in_transaction

SWEEP_EVERY_S = 5.0
"""How often a relay looks for what another process of the service left behind when it died."""
RELAYED_AT_ONCE = 500


class Outbox(FinishingComponent):
    """The outbox of one service, and the component that relays it.

    An event enters under its own id in the transaction of its cause, so cause and telling stand or fall
    together. The relay appends in order of entry, and deletes after. A relay that dies in between appends
    the event again, under the same id, which every consumer knows how to ignore. An append in hand is finished
    when it stops, so that it needn't be repeated.
    """

    stop_within_s = 5.0

    def __init__(self, service: str, *, log: EventLog, store: Store, clock: RealClock) -> None:
        self.name = f"{service}.outbox"
        super().__init__()
        self.collection = Collection(self.name, (Index(("entered_ns",)),))
        self._service = service
        self._log = log
        self._store = store
        self._clock = clock
        self._waiting = Waiting(self.name, self._stopping)

    async def enter(self, transaction: Transaction, events: Sequence[tuple[Topic, Event]]) -> None:
        """Keep ``events`` in ``transaction``; one that waits already under its id is not kept twice."""
        if not events:
            return
        bodies = {event.id: (topic, event) for topic, event in events}
        known = await transaction.get_many(self.collection, list(bodies))
        entered_ns = await self._next_place(transaction)
        items = [
            (id, _to_body(topic, to_message(event), entered_ns + place))
            for place, (id, (topic, event)) in enumerate(bodies.items())
            if id not in known
        ]
        if items:
            await transaction.insert_many(self.collection, items)

    async def _next_place(self, transaction: Transaction) -> int:
        """The time, or later: behind all that waits, though clocks differ between processes and step back."""
        place = int(self._clock().timestamp() * 1_000_000_000)
        last = await transaction.find(self.collection, {}, order_by="entered_ns", descending=True, limit=1)
        for document in last.documents:
            place = max(place, document.body["entered_ns"] + 1)
        return place

    async def relay(self) -> int:
        """Append what waits and delete it; returns how many. Raises RetryLater."""
        relayed = 0
        while not self._stopping.is_set():
            page = await self._store.find(self.collection, {}, order_by="entered_ns", limit=RELAYED_AT_ONCE)
            await self._tell_pending(page)
            if not page.documents:
                break
            await self._relay(page.documents)
            relayed += len(page.documents)
        return relayed

    async def _tell_pending(self, page: Page) -> None:
        is_all = page.cursor is None
        count = len(page.documents) if is_all else await self._store.count(self.collection)
        OUTBOX_PENDING.labels(service=self._service).set(count)

    async def _relay(self, documents: Sequence[Document]) -> None:
        by_topic: dict[str, list[Message]] = {}
        for document in documents:
            by_topic.setdefault(document.body["topic"], []).append(_to_message(document))
        for topic, messages in by_topic.items():
            await self._log.append(topic, messages)
        ids = [document.id for document in documents]
        await in_transaction(self._store, lambda tx: tx.delete_many(self.collection, ids))

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.relay()
            except RetryLater as error:
                await self._waiting.out(error)
            else:
                self._waiting.over()
                await self._pause(SWEEP_EVERY_S)

    def _waits_for(self) -> str:
        """What was entered is safe also while the log or the store is away."""
        return self._waiting.reason


def _to_body(topic: Topic, message: Message, entered_ns: int) -> dict[str, object]:
    return {
        "topic": topic,
        "entered_ns": entered_ns,
        "key": message.key,
        "headers": [[name, value.decode()] for name, value in message.headers],
        "value": b64encode(message.value).decode(),
    }


def _to_message(document: Document) -> Message:
    body = document.body
    return Message(
        key=body["key"],
        headers=tuple((name, value.encode()) for name, value in body["headers"]),
        value=b64decode(body["value"]),
    )
