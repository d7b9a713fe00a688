"""A task in the background whose crash is never silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from shared.logging import get_logger
from shared.platform import Health


class Background:
    """Runs one coroutine. Should it raise, that is a bug: ``crashed`` holds it, the log and health tell it."""

    def __init__(self, name: str) -> None:
        self.crashed: BaseException | None = None
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin ``work()``."""
        self._task = asyncio.create_task(work(), name=self._name)
        self._task.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Wait until the work has ended by itself."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def cancel(self) -> None:
        """End the work where it waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def health(self, waiting_for: str = "") -> Health:
        """Not ready after a crash, nor while the work waits for something."""
        if self.crashed is not None:
            return Health(False, f"因程序错误而停止：{self.crashed!r}")
        return Health(not waiting_for, waiting_for)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crashed = error
            get_logger(self._name).exception("background-crashed", error)
