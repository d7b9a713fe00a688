"""The runner: reads batches from the log and applies each to the store once, and only once.

The promise rests on one thing: the position is compared and moved in the transaction of the batch's effects.
Whoever else believes to own the partition, whatever was committed to the log, however often a message comes:
a transaction whose batch doesn't begin where the stored position stands fails as a whole.
"""

from __future__ import annotations

import asyncio
import time

from shared.consuming import dead_letters, positions
from shared.consuming.backoff import Backoff
from shared.consuming.effects import Effects, Handler
from shared.consuming.outbox import Outbox
from shared.consuming.positions import PositionMoved, StoredPosition
from shared.consuming.reading import Reading
from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, TopicPartition
from shared.logging import get_logger
from shared.metrics import CONSUMER_BATCHES, CONSUMER_MESSAGES, CONSUMER_REJECTED
from shared.platform import Clock, Health
from shared.store.port import Collection, Counters, Store, TransactionConflict

MESSAGES_AT_ONCE = 1000
COMMIT_EVERY_S = 1.0


class Runner:
    """Runs one ``handler`` as a member of the group of its name. Any number of processes may run one."""

    def __init__(
        self,
        handler: Handler,
        *,
        log: EventLog,
        store: Store,
        outbox: Outbox,
        clock: Clock,
        messages_at_once: int = MESSAGES_AT_ONCE,
    ) -> None:
        self.name = f"{handler.name}.consumer"
        self.collections: tuple[Collection | Counters, ...] = (
            *handler.collections,
            positions.positions_of(handler.name),
            dead_letters.dead_letters_of(handler.name),
        )
        self.folded: tuple[Collection | Counters, ...] = handler.collections
        self.cleared_by_rebuild: tuple[Collection | Counters, ...] = (
            *handler.collections,
            positions.positions_of(handler.name),
        )
        self._handler = handler
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._reading = Reading(
            log, handler.topics, group=handler.name, name=self.name, messages_at_once=messages_at_once
        )
        self._positions: dict[TopicPartition, StoredPosition] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._committed_at_s = 0.0

    async def start(self) -> None:
        """Join the group and consume until stopped."""
        self._reading.start(self._apply, self._idle)

    async def stop(self) -> None:
        """Finish the batch in work, leave the group."""
        await self._reading.stop()

    def health(self) -> Health:
        """Not ready while the log or the store is away, or after a bug stopped it."""
        return self._reading.health()

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped this consumer, if one did."""
        return self._reading.crashed

    async def caught_up(self) -> bool:
        """Whether everything that stands in the log of its partitions now is applied."""
        return await self._reading.caught_up(lambda: {p: s.next_offset for p, s in self._positions.items()})

    async def _apply(self, batch: Batch) -> None:
        """Apply ``batch`` as far as it is ours; returns when that is decided, or when stopping."""
        self._forget_lost()
        backoff = Backoff()
        while not self._reading.is_stopping:
            try:
                ours = await self._what_is_due(batch)
                if ours:
                    await self._apply_in_transaction(ours)
                    await self._commit_sometimes()
            except PositionMoved:
                await self._position_moved(batch)
            except TransactionConflict:
                await backoff.wait(until=self._reading.stopping)
                continue
            except RetryLater as error:
                self._reading.waits_for(str(error))
                await backoff.wait(until=self._reading.stopping)
                continue
            self._reading.waits_for("")
            return

    def _forget_lost(self) -> None:
        for partition in self._reading.take_lost():
            self._positions.pop(partition, None)
            self._uncommitted.pop(partition, None)

    async def _what_is_due(self, batch: Batch) -> Batch:
        """The messages from the stored positions on. A partition that was read from elsewhere is sought."""
        unknown = [partition for partition in batch if partition not in self._positions]
        if unknown:
            self._positions.update(await positions.load(self._store, self._handler.name, unknown))
        due = {}
        for partition, messages in batch.items():
            next_offset = self._positions[partition].next_offset
            if messages[0].offset > next_offset and partition in unknown:
                self._reading.seek(partition, next_offset)
                continue
            rest = [message for message in messages if message.offset >= next_offset]
            if rest:
                due[partition] = rest
            elif partition in unknown:
                self._reading.seek(partition, next_offset)
        return due

    async def _apply_in_transaction(self, batch: Batch) -> None:
        name = self._handler.name
        started_s = time.perf_counter()
        async with self._store.transaction() as transaction:
            moved = await positions.move(transaction, name, self._positions, batch)
            effects = Effects(transaction)
            await self._handler.apply(batch, effects)
            if effects.rejections:
                await dead_letters.write(transaction, name, effects.rejections, self._clock())
            await self._outbox.enter(transaction, effects.emitted)
        self._positions.update(moved)
        self._uncommitted.update({p: s.next_offset for p, s in moved.items()})
        effects.committed()
        if effects.emitted:
            self._outbox.wake()
        self._report(batch, effects, time.perf_counter() - started_s)

    def _report(self, batch: Batch, effects: Effects, took_s: float) -> None:
        name = self._handler.name
        count = sum(len(messages) for messages in batch.values())
        CONSUMER_BATCHES.labels(consumer=name).observe(took_s)
        CONSUMER_MESSAGES.labels(consumer=name).inc(count)
        for rejection in effects.rejections:
            CONSUMER_REJECTED.labels(consumer=name).inc()
            get_logger(self.name).error(
                "event-rejected",
                topic=rejection.partition.topic,
                partition=rejection.partition.partition,
                offset=rejection.message.offset,
                reason=rejection.reason,
            )

    async def _position_moved(self, batch: Batch) -> None:
        """Somebody else applied some of this, or we did and never learnt it: go on from where it stands."""
        get_logger(self.name).warning("position-moved", partitions=[str(p) for p in batch])
        for partition in batch:
            self._positions.pop(partition, None)
        loaded = await positions.load(self._store, self._handler.name, list(batch))
        for partition, stored in loaded.items():
            self._positions[partition] = stored
            self._reading.seek(partition, stored.next_offset)

    async def _idle(self) -> None:
        self._forget_lost()
        await self._commit()

    async def _commit_sometimes(self) -> None:
        now_s = time.monotonic()
        if now_s - self._committed_at_s < COMMIT_EVERY_S:
            return
        await self._commit()
        self._committed_at_s = now_s

    async def _commit(self) -> None:
        uncommitted, self._uncommitted = self._uncommitted, {}
        await self._reading.commit(uncommitted)
