"""Who has a transaction, and whether it still stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import DafangtanError, RetryLater


class Standing:
    """Lets a transaction's calls through one at a time, and none after an error or the end.

    An error that the block swallowed comes again from the next call or the end: a part is never committed.
    """

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._is_busy = False
        self._is_over = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around each call to the store. Raises what the transaction failed with before."""
        self._check()
        self._is_busy = True
        self._failure = RetryLater("事务被中断，没有写入任何内容")  # holds if the call is cancelled
        try:
            yield
            self._failure = None
        except (DafangtanError, ValueError) as error:
            self._failure = error
            raise
        finally:
            self._is_busy = False

    def check_commit(self) -> None:
        """Raises what the transaction failed with."""
        self._check()

    def end(self) -> None:
        """Let nothing through any more."""
        self._is_over = True

    def _check(self) -> None:
        if self._is_over:
            raise RuntimeError("the transaction is over: use it inside its block alone")
        if self._is_busy:
            raise RuntimeError("a transaction takes one call at a time")
        if self._failure is not None:
            raise self._failure


class Holders:
    """The tasks that have a transaction under way: one that began another could wait for itself for ever."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object] | None] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def check(self) -> None:
        """Raises RuntimeError when this task has a transaction under way."""
        if asyncio.current_task() in self._tasks:
            raise RuntimeError("this task has a transaction under way: write through it")

    @contextmanager
    def held(self) -> Iterator[None]:
        """While this task has a transaction."""
        task = asyncio.current_task()
        self._tasks.add(task)
        self._is_empty.clear()
        try:
            yield
        finally:
            self._tasks.discard(task)
            if not self._tasks:
                self._is_empty.set()

    async def all_ended(self) -> None:
        """Wait until no task has one."""
        await self._is_empty.wait()
