"""One campaign's submissions as columns in memory.

The state after some events depends only on which they were, not on their order or how often each came: of the
contents the one with the highest revision stands, and a withdrawal holds even before any content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from services.analytics.coding import Coding, Row
from services.analytics.decoding import Content
from shared.campaign import Campaign

FIRST_CAPACITY_ROWS = 4096
NO_CONTENT = -1
"""The revision of a submission that is known only by its withdrawal."""

Numbers = npt.NDArray[np.uint16]
Masks = npt.NDArray[np.uint64]
Selection = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Books:
    """``accepted`` submissions, of which ``withdrawn`` were taken back; ``standing`` are the rows."""

    accepted: int
    standing: int
    withdrawn: int


class CampaignColumns:
    """The rows of one campaign. Events may change them one by one; ``flush`` makes the changes visible."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.coding = Coding(campaign)
        self._rows: dict[str, int] = {}
        self._revisions: list[int] = []
        self._withdrawn: set[int] = set()
        self._changed: dict[int, Row] = {}
        self._singles: Numbers = np.zeros((FIRST_CAPACITY_ROWS, self.coding.singles_count), np.uint16, "F")
        self._masks: Masks = np.zeros((FIRST_CAPACITY_ROWS, self.coding.masks_count), np.uint64, "F")
        self._blank = Row([0] * self.coding.singles_count, [0] * self.coding.masks_count)
        self._accepted_count = 0
        self._withdrawn_count = 0

    def tell(self, content: Content) -> None:
        """Take in a submission's content; nothing changes when a revision as high is known."""
        row = self._row_of(content.submission_id)
        known = self._revisions[row]
        if content.revision <= known:
            return
        self._revisions[row] = content.revision
        is_withdrawn = row in self._withdrawn
        if known == NO_CONTENT:
            self._accepted_count += 1
            self._withdrawn_count += is_withdrawn
        if not is_withdrawn:
            self._changed[row] = self.coding.row(content)

    def withdraw(self, submission_id: str) -> None:
        """Wipe the submission's row, for good."""
        row = self._row_of(submission_id)
        if row in self._withdrawn:
            return
        self._withdrawn.add(row)
        self._withdrawn_count += self._revisions[row] != NO_CONTENT
        self._changed[row] = self._blank

    def flush(self) -> None:
        """Write the changed rows into the columns, all at once, which is much faster than row by row."""
        if not self._changed:
            return
        self._grow_to(len(self._revisions))
        at = np.fromiter(self._changed, dtype=np.intp, count=len(self._changed))
        self._singles[at] = np.array([row.singles for row in self._changed.values()], dtype=np.uint16)
        self._masks[at] = np.array([row.masks for row in self._changed.values()], dtype=np.uint64)
        self._changed.clear()

    def books(self) -> Books:
        """The books as of the last event."""
        standing = self._accepted_count - self._withdrawn_count
        return Books(accepted=self._accepted_count, standing=standing, withdrawn=self._withdrawn_count)

    @property
    def row_count(self) -> int:
        """How many rows there are; those that were withdrawn hold no answer to anything."""
        return len(self._revisions)

    def numbers(self, variable: str) -> Numbers:
        """The number of each row's answer to a single-answer ``variable``; 0 where there is none.

        Valid until the next flush, as ``masks`` are.
        """
        return self._singles[: self.row_count, self.coding.variables[variable].place]

    def masks(self, variable: str) -> Masks:
        """The bit mask of each row's choices of a multiple-choice ``variable``; 0 where there are none."""
        return self._masks[: self.row_count, self.coding.variables[variable].place]

    def _row_of(self, submission_id: str) -> int:
        row = self._rows.setdefault(submission_id, len(self._revisions))
        if row == len(self._revisions):
            self._revisions.append(NO_CONTENT)
        return row

    def _grow_to(self, row_count: int) -> None:
        capacity = len(self._singles)
        if row_count <= capacity:
            return
        while capacity < row_count:
            capacity *= 2
        self._singles = _grown(self._singles, capacity)
        self._masks = _grown(self._masks, capacity)


def _grown(columns: npt.NDArray[Number], capacity: int) -> npt.NDArray[Number]:
    larger = np.zeros((capacity, columns.shape[1]), columns.dtype, "F")
    larger[: len(columns)] = columns
    return larger
