"""What lies ahead of a campaign's lines, as fresh as it is worth: reading all days is a board's longest work."""

from __future__ import annotations

import asyncio
import time
from datetime import date

from services.quota.live.ahead import Ahead, look_ahead
from services.quota.model import ELIGIBLE, By
from services.quota.store import days_of
from shared.campaign import Campaign
from shared.errors import RetryLater
from shared.platform import Platform

EVERY_S = 5.0
REST = 20.0
"""Reading may take a twentieth of the time: after it, this many times as long as it took nothing is read."""
WAITED_FOR_S = 0.3
"""A dozen lines take some milliseconds; with many thousand units, the board doesn't wait for what is older by that."""


class Outlook:
    """The latest ``Ahead`` of ``campaign``."""

    def __init__(self, platform: Platform, campaign: Campaign) -> None:
        self._platform = platform
        self._campaign = campaign
        self._found: Ahead | None = None
        self._reading: asyncio.Task[Ahead] | None = None
        self._is_old = True
        self._next_s = 0.0

    async def on(self, day: date, *, has_moved: bool) -> Ahead:
        """As of ``day``, or the one before while a newer one isn't ready.

        ``has_moved``: there is something new to read. Raises RetryLater.
        """
        self._is_old |= has_moved
        if self._reading is None and self._is_due(day):
            self._is_old = False
            self._reading = asyncio.create_task(self._read(day), name="quota.outlook")
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=None if self._found is None else WAITED_FOR_S)
            if self._reading.done():
                self._found = self._taken(self._reading)
        assert self._found is not None, "the first one is waited for"
        return self._found

    def stop(self) -> None:
        """Leave off what is being read."""
        if self._reading is not None:
            self._reading.cancel()

    def _is_due(self, day: date) -> bool:
        if self._found is None or self._found.today != day:
            return True
        return self._is_old and time.monotonic() >= self._next_s

    def _taken(self, reading: asyncio.Task[Ahead]) -> Ahead:
        self._reading = None
        try:
            return reading.result()
        except RetryLater:
            self._is_old = True
            raise

    async def _read(self, day: date) -> Ahead:
        began_s = time.monotonic()
        days = await days_of(self._platform.store, self._campaign.id, By.COLLECTED, only=ELIGIBLE)
        found = await asyncio.to_thread(look_ahead, self._campaign, days, day)
        ended_s = time.monotonic()
        self._next_s = ended_s + max(EVERY_S, REST * (ended_s - began_s))
        return found
