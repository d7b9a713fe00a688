"""The runner: reads batches from the log and applies each to the store once, and only once.

The promise rests on one thing: the position is read and moved in the transaction of the batch's effects. Whoever
else believes to own the partition, whatever was committed to the log, however often a message comes: only what
follows the stored position is applied, and a transaction that another one overtook fails as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from shared.consuming import dead_letters, positions
from shared.consuming.effects import Effects, Handler, Rejection
from shared.consuming.forerunner import Ahead, Forerunner
from shared.consuming.forerunning import Part
from shared.consuming.hearing import Hearing
from shared.consuming.offsets import NextOffsets, after
from shared.consuming.outbox import Outbox
from shared.consuming.reading import Reading
from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, TopicPartition
from shared.logging import get_logger
from shared.metrics import CONSUMER_BATCHES, CONSUMER_FORERUN, CONSUMER_MESSAGES, CONSUMER_REJECTED
from shared.real_time import RealClock
from shared.store.port import Collection, Counters, Store

MESSAGES_AT_ONCE = 1000
AT_ONCE_WAITING = 2000
"""Until a forerunner is ready, so that it never waits for long."""
FORERUNNER_EVERY_S = 30.0
"""So soon after one was started, what is waiting is read without another: the last one may have broken off."""


class Runner(Reading):
    """Runs one ``handler`` as a member of the group of its name. Any number of processes may run one.

    Where handlers of one name run beside each other and each reads for itself, ``reads_as`` names the group and the
    positions, and ``name`` is what health, logs and metrics call it. Where ``ahead`` is given and much is waiting, a
    process of its own reads it (see ``forerunner``).
    """

    def __init__(
        self,
        handler: Handler[Any],
        *,
        log: EventLog,
        store: Store,
        outbox: Outbox,
        clock: RealClock,
        messages_at_once: int = MESSAGES_AT_ONCE,
        reads_as: str | None = None,
        name: str | None = None,
        ahead: Ahead | None = None,
        rest_s: float = 0.0,
    ) -> None:
        self.name = name or f"{handler.name}.consumer"
        self.reads_as = reads_as or handler.name
        super().__init__(
            log, handler.topics, group=self.reads_as, messages_at_once=messages_at_once, rest_s=rest_s
        )
        self.collections: tuple[Collection | Counters, ...] = (
            *handler.collections,
            positions.positions_of(self.reads_as),
            dead_letters.dead_letters_of(handler.name),
        )
        self.folded: tuple[Collection | Counters, ...] = handler.collections
        self.handler = handler
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._hearing = Hearing(handler.read)
        self._ahead_of_it = ahead
        self._forerunner: Forerunner | None = None
        self._paused: frozenset[TopicPartition] = frozenset()
        self._no_forerunner_before_s = 0.0

    async def _find_offsets(self, partitions: Iterable[TopicPartition]) -> NextOffsets:
        stored = await positions.load(self._store, self.reads_as, partitions)
        return {partition: position.next_offset for partition, position in stored.items()}

    async def _read_ahead(self, batch: Batch) -> None:
        await self._hearing.read_ahead(batch)

    async def _apply(self, batch: Batch) -> None:
        """Apply what of ``batch`` follows the stored positions."""
        if not batch:
            return
        name = self.reads_as
        started_s = time.perf_counter()
        async with self._store.transaction() as transaction:
            stored = await positions.load(transaction, name, batch)
            next_offsets = {partition: position.next_offset for partition, position in stored.items()}
            due = self._due(batch, next_offsets)
            effects = Effects(transaction, shard=min((tp.partition for tp in due), default=0))
            heard, rejections = self._hearing.of(due)
            if due:
                await positions.move(transaction, name, stored, after(due))
                await self.handler.apply(heard, effects)
                await self._enter(rejections, effects)
            self._only_wait()
        self._settled(after(batch), next_offsets | after(due))
        effects.committed()
        if effects.emitted or not due:  # nothing due: an earlier attempt may stand, whose answer was lost
            self._outbox.wake()
        if due:
            self._report(sum(map(len, due.values())), rejections, time.perf_counter() - started_s)

    async def _enter(self, rejections: Sequence[Rejection], effects: Effects) -> None:
        if rejections:
            await dead_letters.write(effects.transaction, self.handler.name, rejections, self._clock())
        await self._outbox.enter(effects.transaction, effects.emitted)

    def _report(self, message_count: int, rejections: Sequence[Rejection], took_s: float) -> None:
        name = self.name
        CONSUMER_BATCHES.labels(consumer=name).observe(took_s)
        CONSUMER_MESSAGES.labels(consumer=name).inc(message_count)
        for rejection in rejections:
            CONSUMER_REJECTED.labels(consumer=name).inc()
            get_logger(self.name).error(
                "event-rejected",
                topic=rejection.partition.topic,
                partition=rejection.partition.partition,
                offset=rejection.message.offset,
                reason=rejection.reason,
            )

    # Where much is waiting.

    def forerunner_for(self, start: NextOffsets, until: NextOffsets) -> Forerunner | None:
        """A forerunner that isn't started yet, where there is so much between these offsets that it is worth one."""
        waiting = sum(max(end - start.get(partition, 0), 0) for partition, end in until.items())
        ahead = self._ahead_of_it
        if ahead is None or waiting < ahead.from_messages:
            return None
        return Forerunner(self.name, ahead, self._log.address, self.handler.topics)

    async def _run(self) -> None:
        try:
            await super()._run()
        finally:
            if self._forerunner is not None:
                await self._forerunner.close()

    async def _turn(self) -> None:
        if self._forerunner is None or not self._forerunner.has_answered:
            await super()._turn()
        elif not await self._take_part(self._forerunner):
            await self._read_again(self._forerunner)

    def _at_once(self) -> int:
        is_waiting = self._forerunner is not None and not self._forerunner.has_answered
        return min(super()._at_once(), AT_ONCE_WAITING) if is_waiting else super()._at_once()

    async def _consider(self, ends: NextOffsets, next_offsets: NextOffsets) -> None:
        if self._forerunner is None and time.monotonic() >= self._no_forerunner_before_s:
            self._forerunner = self.forerunner_for(next_offsets, ends)
            if self._forerunner is not None:
                self._no_forerunner_before_s = time.monotonic() + FORERUNNER_EVERY_S
                await self._forerunner.start()

    async def _take_part(self, forerunner: Forerunner) -> bool:
        """Apply what comes next from ``forerunner``; False where nothing does, or not what is due."""
        assert self._subscription is not None
        try:
            if not forerunner.has_gone:
                await self._send(forerunner)
            batch = await self._subscription.poll(1, 0)  # who never polls is taken for dead
        except RetryLater as error:
            await self._wait_out(error)
            return False
        if batch:  # of a partition that has come since
            await self._insist(lambda: self._apply(batch))
        part = await self._unless_stopping(forerunner.next())
        if part is None or not await self._insist(lambda: self._apply_part(part, forerunner.ahead)):
            return False
        await self._measure_lag()
        await self._go_on(has_time=False)
        return True

    async def _send(self, forerunner: Forerunner) -> None:
        """Let it read all that is waiting now, and let nobody else read that meanwhile."""
        assert self._subscription is not None
        self._paused = self._subscription.assignment()
        self._subscription.pause(self._paused)
        self._take_ahead()
        ends = await self._ends()
        next_offsets = await self._find_offsets(self._paused)
        self._seek(next_offsets)
        forerunner.go(next_offsets, {partition: ends.get(partition, 0) for partition in self._paused})

    async def _apply_part(self, part: Part[Any], ahead: Ahead) -> bool:
        """Apply ``part``, if it begins where the stored positions are."""
        name, first_offsets = self.reads_as, part.first_offsets
        started_s = time.perf_counter()
        async with self._store.transaction() as transaction:
            stored = await positions.load(transaction, name, first_offsets)
            if any(stored[partition].next_offset != offset for partition, offset in first_offsets.items()):
                self._outbox.wake()  # an earlier attempt may stand, whose answer was lost
                return False
            effects = Effects(transaction, shard=min(partition.partition for partition in first_offsets))
            await positions.move(transaction, name, stored, part.next_offsets)
            await ahead.apply(part.gathered, effects)
            await self._enter(part.rejections, effects)
        self._settled(first_offsets, part.next_offsets)
        effects.committed()
        if effects.emitted:
            self._outbox.wake()
        CONSUMER_FORERUN.labels(consumer=self.name).inc(part.message_count)
        self._report(part.message_count, part.rejections, time.perf_counter() - started_s)
        return True

    async def _read_again(self, forerunner: Forerunner) -> None:
        """Do without ``forerunner`` from now on, from the stored positions."""
        assert self._subscription is not None
        self._forerunner = None
        self._subscription.resume(self._paused)
        self._places.doubt(self._subscription.assignment())
        await forerunner.close()
