"""Taking the traces of deleted content out of the write-ahead log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shared.errors import RetryLater

ERASE_AFTER_S = 2.0


class Eraser:
    """Calls ``erase`` some time after something was deleted or replaced, until it returns True."""

    def __init__(self, erase: Callable[[], Awaitable[bool]]) -> None:
        self._erase = erase
        self._timer: asyncio.TimerHandle | None = None
        self._erasing: asyncio.Task[None] | None = None

    def schedule(self) -> None:
        """Something was deleted or replaced just now."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(ERASE_AFTER_S, self._start)

    async def close(self) -> None:
        """Erase what waits to be erased, once, and do nothing further."""
        if self._erasing is not None:
            await self._erasing
        if self._timer is not None:
            self._timer.cancel()
            await self._is_erased()

    def _start(self) -> None:
        self._timer = None
        self._erasing = asyncio.create_task(self._run())

    async def _run(self) -> None:
        if not await self._is_erased():
            self.schedule()

    async def _is_erased(self) -> bool:
        try:
            return await self._erase()
        except RetryLater:
            return False
