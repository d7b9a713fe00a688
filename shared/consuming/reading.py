"""The loop around a subscription that every consumer shares: poll, hand over, wait out what is away, stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.background import Background
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, Subscription, TopicPartition
from shared.logging import get_logger
from shared.metrics import CONSUMER_LAG, CONSUMER_WAITING
from shared.platform import Health

POLL_WAIT_S = 0.5
LAG_EVERY_S = 2.0

Apply = Callable[[Batch], Awaitable[None]]
Idle = Callable[[], Awaitable[None]]


class Reading:
    """One member's reading: polls ``topics`` and hands each batch to ``apply`` until stopped.

    ``group=None`` reads every partition from the start. What ``apply`` raises, RetryLater excepted, is a
    bug: the reading stops, ``crashed`` holds it, and health says so.
    """

    def __init__(
        self, log: EventLog, topics: Sequence[str], *, group: str | None, name: str, messages_at_once: int
    ) -> None:
        self.stopping = asyncio.Event()
        self._log = log
        self._topics = topics
        self._group = group
        self._name = name
        self._messages_at_once = messages_at_once
        self._subscription: Subscription | None = None
        self._background = Background(name)
        self._lost: set[TopicPartition] = set()
        self._waiting_for = "尚未连接事件日志"
        self._lag_at_s = 0.0

    @property
    def is_stopping(self) -> bool:
        """Whether no further batch will be taken."""
        return self.stopping.is_set()

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """AssignmentListener: what is new to us is sought when its first messages come."""
        self._lost |= partitions

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """AssignmentListener: forget where we stood. A batch in work is guarded by its positions."""
        self._lost |= partitions

    def take_lost(self) -> frozenset[TopicPartition]:
        """The partitions whose remembered position can't be trusted since the last call."""
        lost, self._lost = frozenset(self._lost), set()
        return lost

    def seek(self, partition: TopicPartition, next_offset: int) -> None:
        """Read ``partition`` from ``next_offset`` at the next poll."""
        if self._subscription is not None:
            self._subscription.seek(partition, next_offset)

    async def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Commit to the log, for its lag to be seen; that the log is away is no reason to stop."""
        if self._subscription is None or not positions:
            return
        try:
            await self._subscription.commit(positions)
        except RetryLater as error:
            get_logger(self._name).warning("commit-failed", reason=str(error))

    def waits_for(self, reason: str) -> None:
        """Say what is away; empty when nothing is."""
        if reason and reason != self._waiting_for:
            get_logger(self._name).warning("consumer-waits", reason=reason)
        self._waiting_for = reason
        CONSUMER_WAITING.labels(consumer=self._name).set(1 if reason else 0)

    def health(self) -> Health:
        """Whether batches can be taken and applied now."""
        return self._background.health(self._waiting_for)

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped the reading, if one did."""
        return self._background.crashed

    def start(self, apply: Apply, idle: Idle) -> None:
        """Begin; ``idle`` is called whenever a poll brought nothing."""
        self._background.start(lambda: self._run(apply, idle))

    async def stop(self) -> None:
        """Let the batch in work end, then leave the group."""
        self.stopping.set()
        await self._background.finish()

    async def caught_up(self, next_offsets: Callable[[], Mapping[TopicPartition, int]]) -> bool:
        """Whether ``next_offsets`` of every assigned partition stand at the ends of the log as of now."""
        if self._subscription is None or not (assigned := self._subscription.assignment()):
            return False
        ends: dict[TopicPartition, int] = {}
        for topic in self._topics:
            ends.update(await self._log.ends(topic))
        read = next_offsets()
        return all(read.get(partition, 0) >= ends[partition] for partition in assigned)

    async def _run(self, apply: Apply, idle: Idle) -> None:
        try:
            await self._subscribe()
            while not self.is_stopping:
                await self._turn(apply, idle)
        finally:
            if self._subscription is not None:
                await self._subscription.close()

    async def _subscribe(self) -> None:
        backoff = Backoff()
        while not self.is_stopping:
            try:
                self._subscription = await self._log.subscribe(
                    self._topics, group=self._group, listener=self
                )
            except RetryLater as error:
                self.waits_for(str(error))
                await backoff.wait(until=self.stopping)
            else:
                self.waits_for("")
                return

    async def _turn(self, apply: Apply, idle: Idle) -> None:
        assert self._subscription is not None
        try:
            batch = await self._subscription.poll(self._messages_at_once, POLL_WAIT_S)
            await self._measure_lag()
        except RetryLater as error:
            self.waits_for(str(error))
            await Backoff().wait(until=self.stopping)
            return
        self.waits_for("")
        if batch:
            await apply(batch)
        else:
            await idle()

    async def _measure_lag(self) -> None:
        now_s = time.monotonic()
        if self._subscription is None or now_s - self._lag_at_s < LAG_EVERY_S:
            return
        self._lag_at_s = now_s
        by_topic = dict.fromkeys(self._topics, 0)
        for partition, messages in (await self._subscription.lag()).items():
            by_topic[partition.topic] += messages
        for topic, lag in by_topic.items():
            CONSUMER_LAG.labels(consumer=self._name, topic=topic).set(lag)
