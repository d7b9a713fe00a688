"""Between the event loop and the threads that seal and write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[..., Result], *args: object) -> Result:
    """What ``work`` returns. Cancelled, it first waits for the work to end: it uses what the caller then closes."""
    under_way = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait([under_way])
        raise
