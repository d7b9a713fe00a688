"""Telling an assignment listener, so that what it raises ends its own member and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.log.port import AssignmentListener, TopicPartition


class Teller:
    """Tells one listener. ``raise_failure`` is for the member's next poll."""

    def __init__(self, listener: AssignmentListener) -> None:
        self._listener = listener
        self._failure: BaseException | None = None

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Say that ``partitions`` came."""
        await self._tell(self._listener.assigned(partitions))

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Say that ``partitions`` went."""
        await self._tell(self._listener.revoked(partitions))

    def raise_failure(self) -> None:
        """Raise what the listener raised, if it did."""
        if self._failure is not None:
            raise self._failure

    async def _tell(self, message: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(message)
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
