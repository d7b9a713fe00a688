"""The reconciliation gauge of a process that runs several services: how far their books differ.

Where each service is a process of its own, Prometheus computes the same from their gauges (rules.yml).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from shared.background import BackgroundComponent
from shared.errors import RetryLater
from shared.http.service import Books
from shared.metrics import BOOKS_DIFFERENCE

LOOK_EVERY_S = 5.0


class BooksWatch(BackgroundComponent):
    """Keeps ``dafangtan_books_difference_submissions`` fresh. Between quiet points a difference is normal."""

    name = "books"

    def __init__(self, books: Sequence[Books], campaigns: Iterable[str]) -> None:
        super().__init__()
        self._books = books
        self._campaigns = tuple(campaigns)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumers
                for campaign in self._campaigns:
                    accepted = [(await books(campaign))["accepted"] for books in self._books]
                    BOOKS_DIFFERENCE.labels(campaign=campaign).set(max(accepted) - min(accepted))
            await self._pause(LOOK_EVERY_S)
