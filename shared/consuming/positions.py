"""How far a consumer has read: one document per (consumer, topic, partition), moved by comparing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.log.port import Batch, TopicPartition
from shared.store.port import Collection, DuplicateId, Reader, Transaction, VersionMoved


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """``next_offset`` as it stands in the store; ``version`` 0 means that nothing stands yet."""

    next_offset: int = 0
    version: int = 0


class PositionMoved(Exception):
    """Another consumer moved the position since this one read it: this batch is not ours to apply."""


def positions_of(consumer: str) -> Collection:
    """The collection that holds ``consumer``'s positions."""
    return Collection(f"{consumer}.positions")


def _id(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"


async def load(
    reader: Reader, consumer: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, StoredPosition]:
    """The stored positions of ``partitions``; the start of the partition where nothing stands."""
    wanted = {_id(partition): partition for partition in partitions}
    documents = await reader.get_many(positions_of(consumer), list(wanted))
    loaded = {partition: StoredPosition() for partition in wanted.values()}
    for id, document in documents.items():
        loaded[wanted[id]] = StoredPosition(document.body["next_offset"], document.version)
    return loaded


async def move(
    transaction: Transaction,
    consumer: str,
    stored: Mapping[TopicPartition, StoredPosition],
    batch: Batch,
) -> dict[TopicPartition, StoredPosition]:
    """Move the positions past ``batch`` and return them as they stand then.

    Raises PositionMoved when one isn't where ``stored`` says; the transaction is then void.
    """
    collection = positions_of(consumer)
    moved = {
        partition: StoredPosition(messages[-1].offset + 1, stored[partition].version + 1)
        for partition, messages in batch.items()
    }
    first_times = [(_id(p), _body(s)) for p, s in moved.items() if s.version == 1]
    later_times = [(_id(p), _body(s), s.version - 1) for p, s in moved.items() if s.version > 1]
    try:
        if first_times:
            await transaction.insert_many(collection, first_times)
        if later_times:
            await transaction.replace_many(collection, later_times)
    except (DuplicateId, VersionMoved) as error:
        raise PositionMoved(str(error)) from error
    return moved


def _body(position: StoredPosition) -> dict[str, int]:
    return {"next_offset": position.next_offset}
