"""Work in the background: a task whose crash is never silent, and components that are one such task."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
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

    async def finish(self, *, within_s: float | None = None) -> None:
        """Wait until the work has ended by itself; what takes longer than ``within_s`` is ended where it waits."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=within_s)
            if not self._task.done():
                await self.cancel()

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


class BackgroundComponent(ABC):
    """A component (``shared.platform.Component``) that is one loop: what extends it says which, and its ``name``.

    A name that isn't the class's must be set before ``__init__`` of this class.
    """

    name: str

    def __init__(self) -> None:
        self._background = Background(self.name)
        self._woken = asyncio.Event()
        self._waiting_for = ""

    @abstractmethod
    async def _run(self) -> None:
        """The loop. That something is away isn't for it to raise: an error that leaves it is a bug."""

    async def start(self) -> None:
        """Run the loop from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """End the loop where it waits; the next start goes on from what is kept."""
        await self._background.cancel()

    async def cancel(self) -> None:
        """End the loop where it waits."""
        await self._background.cancel()

    def wake(self) -> None:
        """Say that there may be something to do: a pause ends at once."""
        self._woken.set()

    def health(self) -> Health:
        """Ready unless it crashed: while it waits, all that others need works. The detail says what it waits for."""
        health = self._background.health()
        return Health(health.is_ready, health.detail or self._waits_for())

    @property
    def crashed(self) -> BaseException | None:
        """The bug that ended the loop, if one did."""
        return self._background.crashed

    def _waits_for(self) -> str:
        """What is away, in a sentence for people; empty when nothing is."""
        return self._waiting_for

    async def _pause(self, at_most_s: float) -> None:
        """Wait for something to do, or for the time to look whether there is; what came meanwhile counts."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):  # wait_for of Python 3.11 may lose a cancellation
                await self._woken.wait()
        self._woken.clear()


class FinishingComponent(BackgroundComponent):
    """One that isn't ended in the middle: its loop ends by itself when ``_stopping`` is set.

    It has ``stop_within_s`` for that (None: however long it takes), then it is ended where it waits.
    """

    stop_within_s: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Run the loop from now on. Once it was stopped it isn't started again: that needs another one."""
        if self._stopping.is_set():
            raise RuntimeError(f"{self.name} was stopped: make another one to go on")
        await super().start()

    async def stop(self) -> None:
        """Finish what is in hand, and take nothing new."""
        self._stopping.set()
        self.wake()
        await self._background.finish(within_s=self.stop_within_s)
