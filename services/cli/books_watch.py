"""The reconciliation gauge of a process that runs several services: how far their books differ.

Where each service is a process of its own, Prometheus computes the same from their gauges (rules.yml).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from shared.background import Background
from shared.errors import RetryLater
from shared.http.service import Books
from shared.metrics import BOOKS_DIFFERENCE
from shared.platform import Health

LOOK_EVERY_S = 5.0


class BooksWatch:
    """Keeps ``dafangtan_books_difference_submissions`` fresh. Between quiet points a difference is normal."""

    name = "books"

    def __init__(self, books: Sequence[Books], campaigns: Iterable[str]) -> None:
        self._books = books
        self._campaigns = tuple(campaigns)
        self._background = Background(self.name)

    async def start(self) -> None:
        """Look from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """Leave the gauge as it is."""
        await self._background.cancel()

    def health(self) -> Health:
        """Ready unless it crashed: what the books say is for the gauge to tell."""
        return self._background.health()

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""
        return self._background.crashed

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumers
                for campaign in self._campaigns:
                    accepted = [(await books(campaign))["accepted"] for books in self._books]
                    BOOKS_DIFFERENCE.labels(campaign=campaign).set(max(accepted) - min(accepted))
            await asyncio.sleep(LOOK_EVERY_S)
