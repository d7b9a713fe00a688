"""Waiting longer each time, up to a bound, with jitter."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

FIRST_S = 0.05
LONG_S = 1.0
LONGEST_S = 5.0


class Backoff:
    """Waits 50 ms at first and doubles up to 5 s; every wait is between half and all of that."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    @property
    def is_long(self) -> bool:
        """Whether the next wait may take a second or more: what is waited for does not pass in a moment."""
        return self._next_s >= LONG_S

    def reset(self) -> None:
        """It worked: begin small again."""
        self._next_s = FIRST_S

    async def wait(self, *, until: asyncio.Event | None = None) -> None:
        """Wait; shorter when ``until`` is set meanwhile."""
        wait_s = self._next_s * random.uniform(0.5, 1)  # noqa: S311 - not for secrets
        self._next_s = min(LONGEST_S, self._next_s * 2)
        if until is None:
            await asyncio.sleep(wait_s)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):  # wait_for of Python 3.11 may lose a cancellation
                await until.wait()
