"""The loop around a subscription that every consumer shares: poll, hand over, wait out what is away, stop."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from shared.background import FinishingComponent
from shared.consuming.offsets import NextOffsets
from shared.consuming.places import Places
from shared.consuming.waiting import Waiting
from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, LoggedMessage, Subscription, TopicPartition
from shared.logging import get_logger
from shared.metrics import CONSUMER_LAG
from shared.platform import Health

Done = TypeVar("Done")

POLL_WAIT_S = 0.5
LAG_EVERY_S = 2.0
COMMIT_EVERY_S = 1.0
DOUBT_EVERY_S = 5.0
"""How often to look whether the positions are still where this member left them: a rebuild clears them."""


class Reading(FinishingComponent):
    """One member's reading: polls ``topics`` and hands each batch over until stopped, then leaves the group.

    ``group=None`` reads every partition from the start. What extends it says what becomes of a batch; a bug in
    that stops the reading. ``rest_s``: how long to do nothing after a batch that wasn't full, so that under load the
    next one is larger and costs less; for whoever isn't waited for.
    """

    def __init__(
        self,
        log: EventLog,
        topics: Sequence[str],
        *,
        group: str | None,
        messages_at_once: int,
        rest_s: float = 0.0,
    ) -> None:
        super().__init__()
        self._log = log
        self._topics = topics
        self._group = group
        self._messages_at_once = messages_at_once
        self._rest_s = rest_s
        self._subscription: Subscription | None = None
        self._places = Places(self.name)
        self._waiting = Waiting(self.name, self._stopping)
        self._fetching: asyncio.Task[Batch] | None = None
        self._has_time = asyncio.Event()
        self._ahead: dict[TopicPartition, Sequence[LoggedMessage]] = {}
        self._to_seek: dict[TopicPartition, int] = {}
        self._lag_at_s = self._committed_at_s = self._doubted_at_s = 0.0

    @abstractmethod
    async def _apply(self, batch: Batch) -> None:
        """Apply what of ``batch`` is due, and say ``_settled``. Called with an empty batch when nothing came.

        After RetryLater the same batch comes again; any other error is a bug.
        """

    @abstractmethod
    async def _find_offsets(self, partitions: Iterable[TopicPartition]) -> NextOffsets:
        """What is due next in each partition. Raises RetryLater."""

    async def _read_ahead(self, batch: Batch) -> None:
        """Take the next batch while another one is applied. Whether it is ever applied isn't known yet."""

    def _at_once(self) -> int:
        """How many messages to take at once, at most."""
        return self._messages_at_once

    def _only_wait(self) -> None:
        """Say that nothing is left to do for the batch in work but to wait: what comes next may be read ahead."""
        self._has_time.set()

    def health(self) -> Health:
        """Whether batches can be taken and applied now."""
        return self._background.health(self._waiting.reason)

    async def caught_up(self) -> bool:
        """Whether all that stands in the log as of now is applied, by whichever member of the group.

        Raises RetryLater.
        """
        ends = await self._ends()
        next_offsets = await self._find_offsets(ends)
        return all(next_offsets.get(partition, 0) >= end for partition, end in ends.items())

    def _due(self, batch: Batch, next_offsets: NextOffsets) -> Batch:
        """What of ``batch`` is to be applied when ``next_offsets`` are due."""
        return self._places.due(batch, next_offsets)

    def _settled(self, read_to: NextOffsets, next_offsets: NextOffsets) -> None:
        """Go on from ``next_offsets``: where the partitions stand that the subscription has ``read_to`` somewhere."""
        self._to_seek |= self._places.settled(read_to, next_offsets)

    async def _run(self) -> None:
        try:
            await self._subscribe()
            while not self._stopping.is_set():
                await self._turn()
            if not self._waiting.reason:
                await self._commit()
        finally:
            if self._subscription is not None:
                await self._subscription.close()
                self._tell_lag({})

    async def _subscribe(self) -> None:
        while not self._stopping.is_set():
            try:
                self._subscription = await self._log.subscribe(
                    self._topics, group=self._group, listener=self._places
                )
            except RetryLater as error:
                await self._wait_out(error)
            else:
                self._waiting.over()
                return

    async def _turn(self) -> None:
        assert self._subscription is not None
        try:
            await self._find_places()
            batch = self._take_ahead() or await self._poll(self._subscription)
        except RetryLater as error:
            self._places.doubt(self._subscription.assignment())
            await self._wait_out(error)
            return
        await self._measure_lag()
        self._fetch_next(batch)
        try:
            await self._insist(lambda: self._apply(batch))
        finally:
            await self._end_fetching()
        await self._go_on(has_time=not batch)
        if self._rest_s and 0 < sum(map(len, batch.values())) < self._messages_at_once:
            await self._unless_stopping(asyncio.sleep(self._rest_s))

    async def _go_on(self, *, has_time: bool) -> None:
        """Seek where that was settled, and do what is done now and then; ``has_time``: nothing else is waiting."""
        self._seek(self._to_seek)
        self._to_seek = {}
        self._doubt_sometimes()
        if has_time or time.monotonic() - self._committed_at_s >= COMMIT_EVERY_S:
            await self._commit()

    async def _poll(self, subscription: Subscription) -> Batch:
        """What comes next; nothing once this is to stop: what was taken then, whoever comes after reads again."""
        return await self._unless_stopping(subscription.poll(self._at_once(), POLL_WAIT_S)) or {}

    async def _unless_stopping(self, work: Coroutine[Any, Any, Done]) -> Done | None:
        """What ``work`` returns; None, and it is ended where it waits, once this is to stop."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            stopping.cancel()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _insist(self, work: Callable[[], Awaitable[Done]]) -> Done | None:
        """What ``work`` returns, however often that takes; None where it was given up, to stop."""
        while not self._stopping.is_set():
            try:
                done = await work()
            except RetryLater as error:
                await self._end_fetching()
                await self._wait_out(error)
            else:
                self._waiting.over()
                return done
        return None

    def _fetch_next(self, batch: Batch) -> None:
        """Fetch what follows ``batch`` while that is applied, if it was full."""
        if sum(map(len, batch.values())) >= self._at_once():
            self._has_time.clear()
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> Batch:
        assert self._subscription is not None
        batch = await self._subscription.poll(self._at_once(), 0)
        await self._has_time.wait()
        await self._read_ahead(batch)
        return batch

    async def _end_fetching(self) -> None:
        """Wait for it: a subscription is not for two to use at once."""
        if self._fetching is None:
            return
        fetching, self._fetching = self._fetching, None
        self._only_wait()
        try:
            self._ahead = dict(await fetching)
        except RetryLater:  # the next poll meets it too, and says so
            assert self._subscription is not None
            self._places.doubt(self._subscription.assignment())

    def _take_ahead(self) -> Batch:
        ahead, self._ahead = self._ahead, {}
        return ahead

    async def _find_places(self) -> None:
        if partitions := self._places.take_doubtful():
            next_offsets = await self._find_offsets(partitions)
            ends = await self._ends()
            self._check_log_is_long_enough(next_offsets, ends)
            self._seek(next_offsets)
            await self._consider(
                {partition: ends.get(partition, 0) for partition in next_offsets}, next_offsets
            )

    async def _consider(self, ends: NextOffsets, next_offsets: NextOffsets) -> None:
        """Take note of how much is waiting: from ``next_offsets`` to ``ends``."""

    def _check_log_is_long_enough(self, next_offsets: NextOffsets, ends: NextOffsets) -> None:
        """Were the log shorter, what is appended now would count as read. Raises RetryLater."""
        for partition, next_offset in next_offsets.items():
            end = ends.get(partition, 0)
            if next_offset > end:
                raise RetryLater(
                    f"事件日志 {partition.topic}/{partition.partition} 只有 {end} 条，"
                    f"而 {self.name} 已处理到第 {next_offset} 条：日志与存储不是同一套，"
                    "请恢复与存储对应的日志，或者重建（dafangtan rebuild）。"
                )

    async def _ends(self) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = {}
        for topic in self._topics:
            ends.update(await self._log.ends(topic))
        return ends

    def _seek(self, next_offsets: NextOffsets) -> None:
        assert self._subscription is not None
        for partition, next_offset in next_offsets.items():
            self._subscription.seek(partition, next_offset)
            self._ahead.pop(partition, None)  # it was read elsewhere
        self._places.sought(next_offsets)

    def _doubt_sometimes(self) -> None:
        assert self._subscription is not None
        now_s = time.monotonic()
        if now_s - self._doubted_at_s >= DOUBT_EVERY_S:
            self._doubted_at_s = now_s
            self._places.doubt(self._subscription.assignment())

    async def _commit(self) -> None:
        """Commit to the log, for its lag to be seen; that the log is away is no reason to stop."""
        if self._subscription is not None and (uncommitted := self._places.take_uncommitted()):
            try:
                await self._subscription.commit(uncommitted)
            except RetryLater as error:
                self._places.not_committed(uncommitted)
                get_logger(self.name).warning("commit-failed", reason=str(error))
        self._committed_at_s = time.monotonic()  # after it: a log that is away may take long to say so

    async def _wait_out(self, error: RetryLater) -> None:
        await self._measure_lag()
        await self._waiting.out(error)

    async def _measure_lag(self) -> None:
        if self._subscription is None or time.monotonic() - self._lag_at_s < LAG_EVERY_S:
            return
        with suppress(RetryLater):  # the next poll meets it too, and says so
            self._tell_lag(await self._subscription.lag())
        self._lag_at_s = time.monotonic()

    def _tell_lag(self, lags: Mapping[TopicPartition, int]) -> None:
        by_topic = dict.fromkeys(self._topics, 0)
        for partition, lag in lags.items():
            by_topic[partition.topic] += lag
        for topic, lag in by_topic.items():
            CONSUMER_LAG.labels(consumer=self.name, topic=topic).set(lag)
