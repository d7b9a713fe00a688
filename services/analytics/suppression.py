"""Which further cells to withhold, so that those that must not be known can't be computed from the rest.

For every protected cell there must be two tables that a reader can't tell from the true one: one where the
cell is empty, one where it holds ``goal``. Then nobody can show that it isn't empty, nor that it is small.

The choice follows Kelly, Golden and Assad (Cell suppression: disclosure protection for sensitive tabular
data, Networks 22, 1992): a linear program finds the cheapest way to move the cell to where it must be able to
be, and the shown cells that would have to move with it are withheld. Small counts are cheap. In the end each
withheld cell is shown again if the others suffice.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from services.analytics.feasibility import (
    TOLERANCE,
    FeasibleTables,
    Interval,
    LinearProgram,
    Relation,
    Vector,
    not_reached_together,
    short_of,
)

TOTAL_COSTS_TIMES = 2.0
"""How much dearer a total is than a part of the same size: more readers miss it."""
ANYTHING = Interval(0.0, math.inf)
REVIEW_SOLUTIONS = 100
"""How many linear programs may be solved to find withheld cells that can be shown again (1 ms each)."""


def complementary(
    counts: Sequence[int],
    relations: Sequence[Relation],
    protected: Collection[int],
    shown_bounds: Sequence[Interval],
    goal: float,
) -> frozenset[int]:
    """The cells to withhold besides ``protected``, whose counts must be at most ``goal``.

    ``shown_bounds`` is what a reader learns of each cell if it is shown. Deterministic. Raises
    ContradictoryCounts when ``counts`` break a relation.
    """
    search = _Search(counts, relations, sorted(protected), shown_bounds, goal)
    search.withhold()
    search.show_what_can_be_shown()
    return frozenset(search.withheld)


class _Search:
    """One choice in progress. ``_witnesses`` are tables that a reader can't tell from the true one."""

    def __init__(
        self,
        counts: Sequence[int],
        relations: Sequence[Relation],
        protected: Sequence[int],
        shown_bounds: Sequence[Interval],
        goal: float,
    ) -> None:
        hidden = frozenset(protected)
        bounds = [ANYTHING if cell in hidden else bound for cell, bound in enumerate(shown_bounds)]
        self.withheld: set[int] = set()
        self._counts = counts
        self._shown_bounds = shown_bounds
        self._protected = protected
        self._goals = (0.0, goal)
        self._tables = FeasibleTables(relations, bounds)
        self._moves = _CheapestMoves(counts, relations, bounds)
        self._solved_count = 0
        self._witnesses: list[Vector] = [np.array(counts, dtype=np.float64)]

    def withhold(self) -> None:
        """Withhold what it takes, the largest protected counts first."""
        for goal in self._goals:
            left = not_reached_together(self._towards, goal, self._unproven(goal))
            left.sort(key=lambda cell: (-self._counts[cell], cell))
            while left:
                table, moved = self._moves.move(left[0], goal)
                self._withhold(moved)
                self._witnesses.append(table)
                left = short_of(table, goal, left[1:])

    def show_what_can_be_shown(self) -> None:
        """Show the largest withheld cells again where everything stays protected."""
        largest_first = sorted(self.withheld, key=lambda cell: (-self._counts[cell], cell))
        last = self._solved_count + REVIEW_SOLUTIONS
        for cell in largest_first:
            if self._solved_count < last and self._is_protected_with(cell):
                self.withheld.remove(cell)

    def _withhold(self, cells: Sequence[int]) -> None:
        for cell in cells:
            self.withheld.add(cell)
            self._tables.bound(cell, ANYTHING)
            self._moves.withhold(cell)

    def _is_protected_with(self, cell: int) -> bool:
        """Whether all would be protected with ``cell`` shown; if so, it is taken to be shown from here on."""
        before, bound = self._witnesses, self._shown_bounds[cell]
        self._witnesses = [table for table in before if _is_within(table[cell], bound)]
        self._tables.bound(cell, bound)
        if all(self._can_all_be_at(goal) for goal in self._goals):
            return True
        self._tables.bound(cell, ANYTHING)
        self._witnesses = before
        return False

    def _can_all_be_at(self, goal: float) -> bool:
        left = not_reached_together(self._towards, goal, self._unproven(goal))
        while left:
            table = self._towards(goal, [left[0]])
            if short_of(table, goal, [left[0]]):
                return False
            left = short_of(table, goal, left)
        return True

    def _unproven(self, goal: float) -> list[int]:
        left = list(self._protected)
        for table in self._witnesses:
            left = short_of(table, goal, left)
        return left

    def _towards(self, goal: float, cells: Sequence[int]) -> Vector:
        table = self._tables.towards(goal, cells)
        self._witnesses.append(table)
        self._solved_count += 1
        return table


def _is_within(value: float, bound: Interval) -> bool:
    return bool(bound.low - TOLERANCE <= value <= bound.high + TOLERANCE)


class _CheapestMoves:
    """Moves a protected cell at the least cost in shown cells that must leave what a reader learns of them.

    Each cell is three columns: its place within the bounds, and how far it is above and below them.
    """

    def __init__(
        self, counts: Sequence[int], relations: Sequence[Relation], bounds: Sequence[Interval]
    ) -> None:
        self._cell_count = len(counts)
        inside_low = np.array([bound.low for bound in bounds])
        inside_high = np.array([bound.high for bound in bounds])
        is_shown = np.isfinite(inside_high)
        self._program = LinearProgram(
            np.concatenate([inside_low, np.zeros(2 * len(counts))]),
            np.concatenate(
                [inside_high, np.where(is_shown, np.inf, 0.0), np.where(is_shown, inside_low, 0.0)]
            ),
            [self._widened(relation) for relation in relations],
        )
        costs = np.log2(2.0 + np.array(counts, dtype=np.float64))
        costs[_totals(relations)] *= TOTAL_COSTS_TIMES
        self._costs = np.concatenate([np.zeros(len(counts)), costs, costs])

    def move(self, cell: int, goal: float) -> tuple[Vector, list[int]]:
        """A table with ``cell`` at ``goal``, and the shown cells that must be withheld for it."""
        self._program.bound([cell], goal, goal)
        inside, above, below = np.split(self._program.minimise(self._costs), 3)
        self._program.bound([cell], ANYTHING.low, ANYTHING.high)
        return inside + above - below, [int(moved) for moved in np.flatnonzero(above + below > TOLERANCE)]

    def withhold(self, cell: int) -> None:
        """Let ``cell`` move for nothing from now on."""
        self._program.bound([cell], ANYTHING.low, ANYTHING.high)
        self._program.bound([self._cell_count + cell, 2 * self._cell_count + cell], 0.0, 0.0)

    def _widened(self, relation: Relation) -> Relation:
        n = self._cell_count
        above = tuple((n + cell, coefficient) for cell, coefficient in relation.terms)
        below = tuple((2 * n + cell, -coefficient) for cell, coefficient in relation.terms)
        return Relation(relation.terms + above + below, relation.low, relation.high)


def _totals(relations: Sequence[Relation]) -> list[int]:
    """The cells that are sums of others."""
    return sorted({cell for relation in relations for cell, coefficient in relation.terms if coefficient < 0})
