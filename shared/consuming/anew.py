"""A fold made anew in memory, of the events that a consumer has read, and put in the place of what stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from shared.consuming import positions
from shared.consuming.effects import Effects
from shared.consuming.forerunner import Forerunner
from shared.consuming.hearing import Hearing
from shared.consuming.offsets import NextOffsets, after
from shared.consuming.positions import StoredPosition
from shared.consuming.runner import Runner
from shared.consuming.stretches import read_stretches
from shared.log.port import EventLog, TopicPartition
from shared.store.paging import all_documents
from shared.store.port import Body, Collection, Counters, Reader, Store, Transaction, TransactionConflict
from shared.store.scratch import Scratch

EVENTS_AT_ONCE = 4_000
DOCUMENTS_AT_ONCE = 1_000
MOST_ATTEMPTS = 3

Item = TypeVar("Item")

Positions = Mapping[TopicPartition, StoredPosition]


@dataclass(frozen=True, slots=True)
class Replaced:
    """The digests of a fold's collections as they stood and as they stand now, made of ``event_count`` events."""

    stood: Sequence[str]
    stands: Sequence[str]
    event_count: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """The digests of what stands, and at which positions it does."""

    positions: Positions
    digests: Sequence[str]


class Anew:
    """What ``runner`` folds, made anew beside what stands in ``store``.

    The runner itself is never started here; wherever one runs meanwhile, it goes on. What its handler reads besides
    what it folds comes from the store; what it writes or emits besides that was written and emitted before.
    """

    def __init__(self, runner: Runner, log: EventLog, store: Store) -> None:
        self._runner = runner
        self._log = log
        self._store = store
        self._begin()

    def _begin(self) -> None:
        self._seen: _Seen | None = None
        self._scratch = Scratch(self._runner.folded)
        self._offsets: dict[TopicPartition, int] = {}

    async def prepare(self) -> None:
        """Do what can be done while the consumer goes on: fold what it has read by now, and look at what stands."""
        looking = asyncio.create_task(self._look())
        try:
            await self._follow(await self._positions(self._store))
        finally:
            await looking

    async def put_in_place(self, transaction: Transaction) -> Replaced:
        """Let the fold of what the consumer has read by now stand, whatever stood.

        Only what differs is written. A batch that the consumer applies at the same time fails, or this does, with
        TransactionConflict.
        """
        reached = await self._positions(transaction)
        await self._follow(reached)
        seen = self._seen
        if seen is None or seen.positions != reached:
            seen = _Seen(reached, await self._digests(transaction))
        stands = [self._scratch.digest(each) for each in self._runner.folded]
        if seen.digests != stands or not self._is_at(reached):
            standing = {partition: self._offsets.get(partition, 0) for partition in reached}
            await positions.put(transaction, self._runner.reads_as, standing)
            for each in self._runner.folded:
                if isinstance(each, Counters):
                    await _put_counters(transaction, each, self._scratch.counters(each))
                else:
                    await _put_documents(transaction, each, self._scratch.bodies(each))
        return Replaced(seen.digests, stands, sum(self._offsets.values()))

    async def _positions(self, reader: Reader) -> Positions:
        return await positions.load(reader, self._runner.reads_as, await self._ends())

    async def _look(self) -> None:
        """See what stands, if the consumer didn't move meanwhile."""
        before = await self._positions(self._store)
        digests = await self._digests(self._store)
        if await self._positions(self._store) == before:
            self._seen = _Seen(before, digests)

    async def _follow(self, reached: Positions) -> None:
        """Fold on to where the consumer is; of a log that is shorter, all that there is."""
        ends = await self._ends()
        until = {at: min(position.next_offset, ends[at]) for at, position in reached.items()}
        if any(until.get(partition, 0) < offset for partition, offset in self._offsets.items()):
            self._begin()  # somebody has set the positions back
        await self._read(until)

    def _is_at(self, reached: Positions) -> bool:
        return all(self._offsets.get(at, 0) == position.next_offset for at, position in reached.items())

    async def _digests(self, reader: Reader) -> list[str]:
        return [await reader.digest(each) for each in self._runner.folded]

    async def _ends(self) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = {}
        for topic in self._runner.handler.topics:
            ends.update(await self._log.ends(topic))
        return ends

    async def _read(self, until: NextOffsets) -> None:
        forerunner = self._runner.forerunner_for(self._offsets, until)
        if forerunner is not None:
            await self._read_by(forerunner, until)
        topics, hearing = self._runner.handler.topics, Hearing(self._runner.handler.read)
        batches = read_stretches(self._log, topics, start=self._offsets, until=until, at_once=EVENTS_AT_ONCE)
        async with aclosing(batches):
            async for batch in batches:
                heard, _ = hearing.of(batch)  # what can't be read lies in the dead letters
                await self._apply(partial(self._runner.handler.apply, heard))
                self._offsets |= after(batch)

    async def _read_by(self, forerunner: Forerunner, until: NextOffsets) -> None:
        """As far as ``forerunner`` comes."""
        await forerunner.start()
        try:
            await forerunner.answer()
            forerunner.go(self._offsets, until)
            while (part := await forerunner.next()) is not None:
                await self._apply(partial(forerunner.ahead.apply, part.gathered))
                self._offsets |= part.next_offsets
        finally:
            await forerunner.close()

    async def _apply(self, applying: Callable[[Effects], Awaitable[None]]) -> None:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            transaction = self._scratch.transaction(self._store)
            try:
                await applying(Effects(transaction))
            except TransactionConflict:
                if attempt == MOST_ATTEMPTS:
                    raise
            else:
                transaction.commit()
                return


async def _put_documents(
    transaction: Transaction, collection: Collection, bodies: Iterable[tuple[str, Body]]
) -> None:
    wanted = {id: body for id, body in bodies if body}
    changed: list[tuple[str, Body, int]] = []
    surplus: list[str] = []
    async for document in all_documents(transaction, collection, {}, at_once=DOCUMENTS_AT_ONCE):
        body = wanted.pop(document.id, None)
        if body is None:
            surplus.append(document.id)
        elif body != document.body:
            changed.append((document.id, body, document.version))
    for ids in _parts(surplus):
        await transaction.delete_many(collection, ids)
    for replacements in _parts(changed):
        await transaction.replace_many(collection, replacements)
    for missing in _parts(list(wanted.items())):
        await transaction.insert_many(collection, missing)


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), DOCUMENTS_AT_ONCE):
        yield items[start : start + DOCUMENTS_AT_ONCE]


async def _put_counters(
    transaction: Transaction, counters: Counters, wanted: Mapping[str, Mapping[str, int]]
) -> None:
    stands = await transaction.all_counters(counters, prefix="")
    amounts = {
        id: _differences(stands.get(id, {}), wanted.get(id, {})) for id in stands.keys() | wanted.keys()
    }
    if any(amounts.values()):
        await transaction.increment(counters, {id: fields for id, fields in amounts.items() if fields})


def _differences(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By how much each field grows."""
    grown = {name: after.get(name, 0) - before.get(name, 0) for name in before.keys() | after.keys()}
    return {name: amount for name, amount in grown.items() if amount}
