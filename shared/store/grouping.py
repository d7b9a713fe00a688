"""Group commit: what arrives while a write is under way is written together by the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.store.uninterrupted import started

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Grouping(Generic[Item, Outcome]):
    """Gathers items while ``lock`` is taken, then hands all of them to ``write`` in one call.

    ``write`` returns an outcome for each item, in order; an error of it reaches everyone in the group.
    """

    def __init__(
        self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]], lock: asyncio.Lock
    ) -> None:
        self._write = write
        self._lock = lock
        self._gathered: list[Item] = []
        self._group: asyncio.Future[Sequence[Outcome]] | None = None

    async def submit(self, item: Item) -> Outcome:
        """The outcome of ``item``. A caller that is cancelled leaves the item in its group."""
        if self._group is None:
            self._group = started(self._write_group())
        group, place = self._group, len(self._gathered)
        self._gathered.append(item)
        outcomes = await asyncio.shield(group)
        return outcomes[place]

    async def written(self) -> None:
        """Wait until all that was submitted is written."""
        if self._group is not None:
            await asyncio.wait([self._group])
        async with self._lock:
            pass  # the group before it has ended

    async def _write_group(self) -> Sequence[Outcome]:
        async with self._lock:
            items, self._gathered, self._group = self._gathered, [], None
            return await self._write(items)
