"""How far a consumer has read: one document per (consumer, topic, partition), moved by comparing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.log.port import TopicPartition
from shared.store.port import (
    Collection,
    DuplicateId,
    Reader,
    Transaction,
    TransactionConflict,
    VersionMoved,
)


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """``next_offset`` as it stands in the store; ``version`` 0 means that nothing stands yet."""

    next_offset: int = 0
    version: int = 0


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


async def hold(
    transaction: Transaction, consumer: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, StoredPosition]:
    """The stored positions, held where they are until ``transaction`` has ended: of it and a batch that moves one of
    them meanwhile, one fails with TransactionConflict."""
    stored = await load(transaction, consumer, partitions)
    standing = {partition: each.next_offset for partition, each in stored.items()}
    await _write(transaction, consumer, stored, standing)
    return stored


async def put(transaction: Transaction, consumer: str, next_offsets: Mapping[TopicPartition, int]) -> None:
    """Let ``next_offsets`` stand, whatever stood: of ``transaction`` and a batch that moves one of them meanwhile, one
    fails with TransactionConflict."""
    await _write(transaction, consumer, await load(transaction, consumer, next_offsets), next_offsets)


async def move(
    transaction: Transaction,
    consumer: str,
    stored: Mapping[TopicPartition, StoredPosition],
    next_offsets: Mapping[TopicPartition, int],
) -> None:
    """Move the positions to ``next_offsets``. ``stored`` is what this very transaction has read of them.

    What was read earlier would not do: a position that was cleared and came anew may be at the same version
    and stand elsewhere. Raises TransactionConflict when another consumer moved one in the meantime.
    """
    try:
        await _write(transaction, consumer, stored, next_offsets)
    except (DuplicateId, VersionMoved) as error:
        raise TransactionConflict(str(error)) from error


async def _write(
    transaction: Transaction,
    consumer: str,
    stored: Mapping[TopicPartition, StoredPosition],
    next_offsets: Mapping[TopicPartition, int],
) -> None:
    """Let ``next_offsets`` stand in the place of what is ``stored`` of these partitions."""
    collection = positions_of(consumer)
    bodies = {partition: {"next_offset": offset} for partition, offset in next_offsets.items()}
    first_times = [(_id(p), body) for p, body in bodies.items() if not stored[p].version]
    later_times = [(_id(p), body, stored[p].version) for p, body in bodies.items() if stored[p].version]
    if first_times:
        await transaction.insert_many(collection, first_times)
    if later_times:
        await transaction.replace_many(collection, later_times)
