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
        self._is_cancelled = False

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
            self._is_cancelled = True
            self._task.cancel()
            await asyncio.wait([self._task])

    def health(self, waiting_for: str = "") -> Health:
        """Not ready after a crash, nor while the work waits for something."""
        if self.crashed is not None:
            # Its text may quote a person's data; the log has it, redacted.
            return Health(False, f"因程序错误（{type(self.crashed).__name__}）而停止，详见日志")
        return Health(not waiting_for, waiting_for)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.crashed = self._crash_of(task)
        if self.crashed is not None:
            get_logger(self._name).exception("background-crashed", error=self.crashed)

    def _crash_of(self, task: asyncio.Task[None]) -> BaseException | None:
        """A cancellation that nobody asked for, such as one that leaks out of a library, is a crash too."""
        if not task.cancelled():
            return task.exception()
        return None if self._is_cancelled else RuntimeError("the task was cancelled by nobody here")
