"""Log and store with a gate: the real ones, held up or made to fail at a chosen moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.errors import RetryLater
from shared.log.port import (
    AssignmentListener,
    Batch,
    EventLog,
    LoggedMessage,
    Position,
    Subscription,
    TopicPartition,
)
from shared.store.port import Store, Transaction


class GatedStore:
    """A store whose transactions begin only while the gate is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.waiting = 0
        self.on_begin: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """As the store's, once the gate is open."""
        self.waiting += 1
        await self.is_open.wait()
        self.waiting -= 1
        self.on_begin()
        async with self._store.transaction() as transaction:
            yield transaction
        self.after_commit()


class GatedLog:
    """A log whose calls named in ``away`` find it away."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.away: set[str] = set()
        self.calls: list[str] = []
        self.called_at_s: list[float] = []
        self.is_lost: Callable[[LoggedMessage], bool] = lambda message: False
        self.after_poll: Callable[[], None] = lambda: None
        self.after_append: Callable[[], None] = lambda: None
        self.subscriptions: list[GatedSubscription] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def pass_by(self, name: str) -> None:
        """Note a call, which fails while it is to fail."""
        self.calls.append(name)
        self.called_at_s.append(time.monotonic())
        if name in self.away:
            raise RetryLater(f"{name}: away in this test")

    async def append(self, topic: str, messages: Sequence[Any]) -> list[Position]:
        """As the log's."""
        self.pass_by("append")
        positions = await self._log.append(topic, messages)
        self.after_append()
        return positions

    async def ends(self, topic: str) -> Mapping[TopicPartition, int]:
        """As the log's."""
        self.pass_by("ends")
        return await self._log.ends(topic)

    async def subscribe(
        self, topics: Sequence[str], *, group: str | None, listener: AssignmentListener
    ) -> Subscription:
        """As the log's; the subscription has the same gate."""
        self.pass_by("subscribe")
        real = await self._log.subscribe(topics, group=group, listener=listener)
        self.subscriptions.append(GatedSubscription(real, self))
        return self.subscriptions[-1]


class GatedSubscription:
    """A subscription of a GatedLog."""

    def __init__(self, subscription: Subscription, log: GatedLog) -> None:
        self.real = subscription
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def poll(self, max_messages: int, max_wait_s: float) -> Batch:
        """As the subscription's."""
        self._log.pass_by("poll")
        batch = await self.real.poll(max_messages, max_wait_s)
        if batch:
            self._log.after_poll()
        left = {p: [m for m in messages if not self._log.is_lost(m)] for p, messages in batch.items()}
        return {partition: messages for partition, messages in left.items() if messages}

    async def lag(self) -> Mapping[TopicPartition, int]:
        """As the subscription's."""
        self._log.pass_by("lag")
        return await self.real.lag()

    async def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """As the subscription's."""
        self._log.pass_by("commit")
        await self.real.commit(positions)
