"""Waiting out what is away, and saying so: in health, in a metric, and once in the log."""

from __future__ import annotations

import asyncio

from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.logging import get_logger
from shared.metrics import CONSUMER_WAITING
from shared.store.port import TransactionConflict


class Waiting:
    """What the consumer ``name`` waits for. Waits end early when ``stopping`` is set."""

    def __init__(self, name: str, stopping: asyncio.Event) -> None:
        self.reason = "尚未连接事件日志"
        """In a sentence; empty when nothing is away."""
        self._name = name
        self._stopping = stopping
        self._backoff = Backoff()

    async def out(self, error: RetryLater) -> None:
        """Wait, longer each time. A conflict passes in a moment, so it is told only when it doesn't."""
        if self._backoff.is_long or not isinstance(error, TransactionConflict):
            self._tell(str(error))
        await self._backoff.wait(until=self._stopping)

    def over(self) -> None:
        """It worked."""
        self._backoff.reset()
        self._tell("")

    def _tell(self, reason: str) -> None:
        if reason and reason != self.reason:
            get_logger(self._name).warning("consumer-waits", reason=reason)
        self.reason = reason
        CONSUMER_WAITING.labels(consumer=self._name).set(1 if reason else 0)
