"""Work that goes on when the one who waits for it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


def started(work: Awaitable[Result]) -> asyncio.Future[Result]:
    """Begin ``work``. Its error is lost without a word when nobody waits for it any more."""
    under_way = asyncio.ensure_future(work)
    under_way.add_done_callback(_heed)
    return under_way


async def uninterrupted(work: Awaitable[Result]) -> Result:
    """What ``work`` returns; it is done to its end also when the caller is cancelled."""
    return await asyncio.shield(started(work))


def _heed(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # asyncio would log it as never retrieved
