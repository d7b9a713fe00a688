"""A follower: reads every partition from the start and keeps its fold in memory.

Each process that runs one holds the whole fold, so nothing is shared and nothing needs a transaction; after a
restart it is read again from the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from shared.consuming import dead_letters
from shared.consuming.effects import Rejection
from shared.consuming.offsets import NextOffsets, after
from shared.consuming.reading import Reading
from shared.errors import RetryLater
from shared.events import Topic
from shared.log.port import Batch, EventLog, TopicPartition
from shared.metrics import CONSUMER_MESSAGES, CONSUMER_REJECTED
from shared.platform import Health
from shared.real_time import RealClock
from shared.store.port import Collection, Counters, Store

MESSAGES_AT_ONCE = 5000


class MemoryFold(Protocol):
    """A fold in memory. Applying a message again changes nothing."""

    @property
    def name(self) -> str:
        """The consumer's name: its dead letters go by it."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it reads."""

    def apply(self, batch: Batch) -> list[Rejection]:
        """Apply ``batch`` and return what can never be applied. Any error is a bug and stops the follower."""


class Follower(Reading):
    """Keeps one ``fold`` up with the log."""

    def __init__(self, fold: MemoryFold, *, log: EventLog, store: Store, clock: RealClock) -> None:
        self.name = f"{fold.name}.follower"
        super().__init__(log, fold.topics, group=None, messages_at_once=MESSAGES_AT_ONCE)
        self.collections: tuple[Collection | Counters, ...] = (dead_letters.dead_letters_of(fold.name),)
        self.next_offsets: dict[TopicPartition, int] = {}
        self._fold = fold
        self._store = store
        self._clock = clock
        self.has_caught_up = False
        """Whether the fold has reached the end of the log once."""

    def health(self) -> Health:
        """Not ready before the fold has reached the end of the log once, or while the log is away."""
        health = super().health()
        if health.is_ready and not self.has_caught_up:
            return Health(False, "正在从事件日志重建，尚未完成")
        return health

    async def _subscribe(self) -> None:
        """Whoever has nothing to read has read it all, without waiting for something to come."""
        await super()._subscribe()
        with suppress(RetryLater):  # the first poll meets it too, and says so
            self.has_caught_up = await self.caught_up()

    async def _find_offsets(self, partitions: Iterable[TopicPartition]) -> NextOffsets:
        return {partition: self.next_offsets.get(partition, 0) for partition in partitions}

    async def _apply(self, batch: Batch) -> None:
        due = self._due(batch, self.next_offsets)
        if due:
            await self._fold_in(due)
        self._settled(after(batch), self.next_offsets)
        if not self.has_caught_up:
            self.has_caught_up = await self.caught_up()

    async def _fold_in(self, due: Batch) -> None:
        rejections = self._fold.apply(due)
        if rejections:
            await dead_letters.write_each(self._store, self._fold.name, rejections, self._clock())
            CONSUMER_REJECTED.labels(consumer=self.name).inc(len(rejections))
        self.next_offsets |= after(due)
        CONSUMER_MESSAGES.labels(consumer=self.name).inc(sum(map(len, due.values())))
