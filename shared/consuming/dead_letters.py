"""Messages that could not be applied, kept whole with the reason until somebody replays them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.consuming.effects import Rejection
from shared.errors import NotFound
from shared.events import rfc3339
from shared.log.port import EventLog, Message
from shared.store.paging import all_documents
from shared.store.port import (
    Body,
    Collection,
    Document,
    DuplicateId,
    Index,
    Reader,
    Store,
    Transaction,
    TransactionConflict,
)
from shared.store.retrying import in_transaction

WAITING = "waiting"
REPLAYED = "replayed"


def dead_letters_of(consumer: str) -> Collection:
    """The collection that holds ``consumer``'s dead letters."""
    return Collection(f"{consumer}.dead_letters", (Index(("state", "rejected_at")),))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected message: where it stood, what it was, why it was rejected."""

    id: str
    topic: str
    reason: str
    rejected_at: str
    state: str
    message: Message


async def write(
    transaction: Transaction, consumer: str, rejections: Sequence[Rejection], now: datetime
) -> None:
    """Keep ``rejections``; one that is there already (a rebuild meets it again) stays as it is.

    Raises TransactionConflict.
    """
    bodies = {_id(rejection): to_body(rejection, now) for rejection in rejections}
    collection = dead_letters_of(consumer)
    known = await transaction.get_many(collection, list(bodies))
    fresh = [(id, body) for id, body in bodies.items() if id not in known]
    if fresh:
        try:
            await transaction.insert_many(collection, fresh)
        except DuplicateId as error:  # another fold of the same consumer met it at the same moment
            raise TransactionConflict(str(error)) from error


async def write_each(store: Store, consumer: str, rejections: Sequence[Rejection], now: datetime) -> None:
    """As ``write``, for a consumer that keeps its fold in memory and has no transaction."""
    items = [(_id(rejection), to_body(rejection, now)) for rejection in rejections]
    await store.insert_each(dead_letters_of(consumer), items)


async def waiting(reader: Reader, consumer: str) -> AsyncIterator[DeadLetter]:
    """Every dead letter that was not replayed yet, oldest first."""
    letters, where = dead_letters_of(consumer), {"state": WAITING}
    async for document in all_documents(reader, letters, where, order_by="rejected_at"):
        yield _from_document(document)


async def replay(store: Store, log: EventLog, consumer: str, id: str) -> None:
    """Append the message to its topic again, then mark it. Consumers that had applied it know its id.

    Raises NotFound. Appending first means that a crash in between replays it twice, never not at all.
    """
    collection = dead_letters_of(consumer)
    document = await store.get(collection, id)
    if document is None:
        raise NotFound(
            f"死信“{id}”不存在；请用 dafangtan dead-letters list 查看。", code="unknown-dead-letter"
        )
    letter = _from_document(document)
    await log.append(letter.topic, [letter.message])

    async def mark(transaction: Transaction) -> None:
        current = await transaction.get(collection, id)
        if current is not None:
            body = {**current.body, "state": REPLAYED}
            await transaction.replace(collection, id, body, version=current.version)

    await in_transaction(store, mark)


def _id(rejection: Rejection) -> str:
    return f"{rejection.partition.topic}/{rejection.partition.partition}/{rejection.message.offset}"


def to_body(rejection: Rejection, now: datetime) -> Body:
    """The document that keeps ``rejection``; bytes as base64, since they may be anything."""
    message = rejection.message
    return {
        "topic": rejection.partition.topic,
        "reason": rejection.reason.encode(errors="backslashreplace").decode(),  # it may quote anything
        "rejected_at": rfc3339(now),
        "state": WAITING,
        "key": message.key,
        "headers": [[name, b64encode(value).decode()] for name, value in message.headers],
        "value": b64encode(message.value).decode(),
    }


def _from_document(document: Document) -> DeadLetter:
    body = document.body
    return DeadLetter(
        id=document.id,
        topic=body["topic"],
        reason=body["reason"],
        rejected_at=body["rejected_at"],
        state=body["state"],
        message=Message(
            key=body["key"],
            headers=tuple((name, b64decode(value)) for name, value in body["headers"]),
            value=b64decode(body["value"]),
        ),
    )
