"""Doing together what came together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from functools import partial
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


GROUPS_AT_ONCE = 3
"""Some are written while the next is prepared. More would be smaller, and a group costs as much as many items."""


class Gathering(Generic[Item, Result]):
    """Hands over in one call what came while others are under way, or in one turn of the event loop.

    ``work`` returns a result for each item, in order; an error of it reaches everyone in the group.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Coroutine[Any, Any, Sequence[Result]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._under_way: set[asyncio.Task[Sequence[Result]]] = set()

    async def submit(self, item: Item) -> Result:
        """The result of ``item``. A caller that is cancelled leaves it in its group."""
        loop = asyncio.get_running_loop()
        if not self._waiting and len(self._under_way) < GROUPS_AT_ONCE:
            self._begin_soon()
        done: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, done))
        return await done

    def _begin_soon(self) -> None:
        # In a context of the group's own: what is logged on its way is about no single item.
        asyncio.get_running_loop().call_soon(self._begin, context=Context())

    def _begin(self) -> None:
        if not self._waiting or len(self._under_way) == GROUPS_AT_ONCE:
            return
        group, self._waiting = self._waiting, []
        items, waiting = [item for item, _ in group], [done for _, done in group]
        task = asyncio.create_task(self._work(items))
        self._under_way.add(task)
        task.add_done_callback(partial(self._deal, waiting))

    def _deal(self, waiting: Sequence[asyncio.Future[Result]], task: asyncio.Task[Sequence[Result]]) -> None:
        self._under_way.discard(task)
        if self._waiting:
            self._begin_soon()
        for place, done in enumerate(waiting):
            if done.done():  # its caller was cancelled
                continue
            if task.cancelled():
                done.cancel()
            elif (error := task.exception()) is not None:
                done.set_exception(error)
            else:
                done.set_result(task.result()[place])
