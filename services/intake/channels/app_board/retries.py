"""When to try again what failed: later each time, each backend for itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 300.0


class Retries:
    """Waits 1 s after the first failure and doubles up to 5 min; every wait is between half and all of that."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits: dict[str, tuple[float, float]] = {}

    def failed(self, id: str) -> None:
        """It didn't work: when to try again is decided now."""
        before_s, _ = self._waits.get(id, (FIRST_S / 2, 0.0))
        wait_s = min(LONGEST_S, before_s * 2)
        due_s = self._clock() + wait_s * random.uniform(0.5, 1)  # noqa: S311 - not for secrets
        self._waits[id] = wait_s, due_s

    def succeeded(self, id: str) -> None:
        """It worked: begin small again."""
        self._waits.pop(id, None)

    def due_in_s(self, id: str) -> float:
        """How long not to try; 0 for what didn't fail."""
        _, due_s = self._waits.get(id, (0.0, 0.0))
        return max(0.0, due_s - self._clock())
