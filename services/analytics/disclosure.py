"""Disclosure control of one table of counts: what is shown, how it is rounded, what is withheld.

1. A count under the threshold is withheld, zero too: an empty cell looks like a small one.
2. A shown count is rounded to the nearest multiple of the base (a tie goes up) but never under the threshold,
   each on its own, totals too, so rows need not add up (Handbook on Statistical Disclosure Control,
   chapter 5, conventional rounding; the 10-5 rule of the Office for National Statistics).
3. Further cells are withheld until a reader who knows these rules, every rounded number and which cells are
   sums of which can show neither that a small cell isn't empty nor that it is under the threshold: its
   feasibility interval reaches from 0 to the threshold at least.
4. Only whether a cell is shown is published. Why it is withheld would tell on which side of the threshold it
   lies, and is for the project's own eyes.

A shown number stands for several counts, so no cell is a fixed multiple of another: somebody who is the only
person in a cell, and so knows it, can't compute a second one from it either.

What this doesn't do: compare with other tables, or with the same table at another time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.analytics.feasibility import TOLERANCE, FeasibleTables, Interval, Relation, feasible_intervals
from services.analytics.suppression import ANYTHING, complementary


class Status(StrEnum):
    """Whether a cell is shown; primary: its own count is too small; complementary: it would give one away."""

    SHOWN = "shown"
    PRIMARY = "primary"
    COMPLEMENTARY = "complementary"


@dataclass(frozen=True, slots=True)
class ProtectedCell:
    """``count`` is rounded, and None unless the cell is shown."""

    status: Status
    count: int | None


@dataclass(frozen=True, slots=True)
class Rule:
    """The threshold (counts from it on may be shown) and the rounding base."""

    threshold_count: int
    rounding_base: int

    def published(self, count: int) -> int | None:
        """The rounded count; None when it is under the threshold."""
        if count < self.threshold_count:
            return None
        return max(self._rounded(count), self._least_published)

    def bound(self, published: int) -> Interval:
        """The counts that are published as ``published``."""
        low = published - self.rounding_base // 2
        high = published + (self.rounding_base - 1) // 2
        if published == self._least_published:
            low = self.threshold_count
        return Interval(low, high)

    def is_wide_enough(self, feasible: Interval) -> bool:
        """Whether ``feasible`` shows a reader neither that the cell isn't empty nor that it is small."""
        return feasible.low <= TOLERANCE and feasible.high >= self.threshold_count - TOLERANCE

    def _rounded(self, count: int) -> int:
        return (2 * count + self.rounding_base) // (2 * self.rounding_base) * self.rounding_base

    @property
    def _least_published(self) -> int:
        return -(-self.threshold_count // self.rounding_base) * self.rounding_base


class CannotProtect(ValueError):
    """Nothing of the table can be shown without giving a small count away: ask for a coarser one."""


def protect(counts: Sequence[int], relations: Sequence[Relation], rule: Rule) -> tuple[ProtectedCell, ...]:
    """The protected table, cell by cell: ``counts`` are those of all cells, totals included.

    ``relations`` are all that a reader knows to hold between the cells. The same counts always give the same
    table. Raises CannotProtect, and ContradictoryCounts when ``counts`` break a relation.
    """
    published = [rule.published(count) for count in counts]
    primary = frozenset(cell for cell, value in enumerate(published) if value is None)
    shown_bounds = [ANYTHING if value is None else rule.bound(value) for value in published]
    withheld = complementary(counts, relations, primary, shown_bounds, rule.threshold_count)
    table = tuple(_cell(value, is_withheld=cell in withheld) for cell, value in enumerate(published))
    if len(primary) + len(withheld) == len(counts) or exposed(table, relations, rule):
        raise CannotProtect("every cell would have to be withheld")
    return table


def exposed(
    table: Sequence[ProtectedCell], relations: Sequence[Relation], rule: Rule
) -> Mapping[int, Interval]:
    """The audit of a table as published: the primary cells that a reader can tell too much of, with the
    feasibility interval (cut off at the threshold) that says so. Empty when the table is protected."""
    bounds = [ANYTHING if cell.count is None else rule.bound(cell.count) for cell in table]
    primary = [index for index, cell in enumerate(table) if cell.status is Status.PRIMARY]
    tables = FeasibleTables(relations, bounds)
    intervals = feasible_intervals(tables, primary, window=rule.threshold_count)
    return {cell: interval for cell, interval in intervals.items() if not rule.is_wide_enough(interval)}


def _cell(published: int | None, *, is_withheld: bool) -> ProtectedCell:
    if published is None:
        return ProtectedCell(Status.PRIMARY, None)
    return (
        ProtectedCell(Status.COMPLEMENTARY, None) if is_withheld else ProtectedCell(Status.SHOWN, published)
    )
