"""How much may come from one sender: token buckets, in this process's memory.

Each name has a bucket of ``burst`` tokens that fills at ``per_s`` tokens a second (a leaky bucket as a meter, ITU-T
I.371, annex A). Several processes allow each their own: a limit keeps a process alive, it is no account of use.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum

from shared.errors import TooMany
from shared.metrics import INTAKE_THROTTLED

REMEMBERED_COUNT = 50_000
"""Names beyond these are forgotten, the least recently seen first: their buckets are most likely full."""


class Limit(StrEnum):
    """Which limit it is (label ``limit``)."""

    CHANNEL_KEY = "channel-key"
    UNSEALING = "unsealing"
    PUBLIC_CLIENT = "public-client"
    PUBLIC_TOTAL = "public-total"


LEAST_UPLOAD_BYTES = 1024
"""What a request counts at least, however little it brings."""


class Buckets:
    """The buckets of one limit, by name."""

    def __init__(
        self, limit: Limit, *, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._filled_at_s: OrderedDict[str, float] = OrderedDict()
        """When each bucket will be (or was) full again."""

    def take(self, name: str, tokens: float = 1.0) -> None:
        """Take ``tokens`` of ``name``'s bucket. Raises TooMany, and takes none, where it hasn't so many.

        A bucket that is full may be overdrawn: what is larger than the bucket comes alone, and is waited for after.
        """
        now_s = self._clock()
        filled_at_s = max(self._filled_at_s.get(name, now_s), now_s)
        full_s, need_s = self._burst / self._per_s, tokens / self._per_s
        # Of a full bucket the first difference is 0 and nothing else: no rounding refuses what comes alone.
        wait_s = (filled_at_s - now_s) - max(full_s - need_s, 0.0)
        if wait_s > 0:
            INTAKE_THROTTLED.labels(self._limit).inc()
            raise TooMany("请求过于频繁，请稍后再试。", after_s=wait_s)
        self._filled_at_s[name] = filled_at_s + need_s
        self._filled_at_s.move_to_end(name)
        if len(self._filled_at_s) > REMEMBERED_COUNT:
            self._filled_at_s.popitem(last=False)

    def take_upload(self, name: str, length_bytes: int) -> None:
        """Take a token for each byte that ``name`` brings. Raises TooMany."""
        self.take(name, _counted(length_bytes))

    def settle_upload(self, name: str, taken_bytes: int, came_bytes: int) -> None:
        """Give back what was taken for ``taken_bytes`` beyond the ``came_bytes`` that then came."""
        if name in self._filled_at_s:
            self._filled_at_s[name] -= (_counted(taken_bytes) - _counted(came_bytes)) / self._per_s


def _counted(length_bytes: int) -> int:
    return max(LEAST_UPLOAD_BYTES, length_bytes)
