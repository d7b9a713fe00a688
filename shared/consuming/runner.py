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
from shared.consuming.hearing import Hearing
from shared.consuming.outbox import Outbox
from shared.consuming.places import NextOffsets
from shared.consuming.reading import Reading
from shared.log.port import Batch, EventLog, TopicPartition
from shared.logging import get_logger
from shared.metrics import CONSUMER_BATCHES, CONSUMER_MESSAGES, CONSUMER_REJECTED
from shared.real_time import RealClock
from shared.store.port import Collection, Counters, Store

MESSAGES_AT_ONCE = 1000


class Runner(Reading):
    """Runs one ``handler`` as a member of the group of its name. Any number of processes may run one.

    Where handlers of one name run beside each other and each reads for itself, ``reads_as`` names the group and the
    positions, and ``name`` is what health, logs and metrics call it.
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
    ) -> None:
        self.name = name or f"{handler.name}.consumer"
        self.reads_as = reads_as or handler.name
        super().__init__(log, handler.topics, group=self.reads_as, messages_at_once=messages_at_once)
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
                await positions.move(transaction, name, stored, due)
                await self._fold(heard, rejections, effects)
            self._only_wait()
        next_offsets |= {partition: messages[-1].offset + 1 for partition, messages in due.items()}
        self._settled(batch, next_offsets)
        effects.committed()
        if effects.emitted or not due:  # nothing due: an earlier attempt may stand, whose answer was lost
            self._outbox.wake()
        if due:
            self._report(due, rejections, time.perf_counter() - started_s)

    async def _fold(self, heard: Sequence[Any], rejections: Sequence[Rejection], effects: Effects) -> None:
        await self.handler.apply(heard, effects)
        if rejections:
            await dead_letters.write(effects.transaction, self.handler.name, rejections, self._clock())
        await self._outbox.enter(effects.transaction, effects.emitted)

    def _report(self, batch: Batch, rejections: Sequence[Rejection], took_s: float) -> None:
        name = self.name
        count = sum(len(messages) for messages in batch.values())
        CONSUMER_BATCHES.labels(consumer=name).observe(took_s)
        CONSUMER_MESSAGES.labels(consumer=name).inc(count)
        for rejection in rejections:
            CONSUMER_REJECTED.labels(consumer=name).inc()
            get_logger(self.name).error(
                "event-rejected",
                topic=rejection.partition.topic,
                partition=rejection.partition.partition,
                offset=rejection.message.offset,
                reason=rejection.reason,
            )
