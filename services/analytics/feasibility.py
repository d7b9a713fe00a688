"""What a reader can work out about counts that were not published, by linear programming.

A reader knows the published intervals and the relations between cells (a total is the sum of its parts).
Every table of non-negative numbers that agrees with both is one that the reader can't tell from the true one;
the least and the greatest value of a cell among them are its feasibility interval (Handbook on Statistical
Disclosure Control, chapter 4, on auditing suppression patterns).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

TOLERANCE = 1e-6
"""Counts are whole numbers, and the solver's own tolerance is 1e-7."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``low`` to ``high``, both included, in counts."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Relation:
    """What everybody knows: ``low`` <= sum of coefficient x count <= ``high``.

    ``terms`` are (cell, coefficient).
    """

    terms: tuple[tuple[int, int], ...]
    low: float = 0.0
    high: float = 0.0


def sum_of(total: int, parts: Sequence[int]) -> Relation:
    """The cell ``total`` is the sum of the cells ``parts``."""
    return Relation(((total, -1), *((part, 1) for part in parts)))


class ContradictoryCounts(ArithmeticError):
    """No table agrees with bounds and relations, so the counts given don't add up: a bug of the caller."""


class LinearProgram:
    """Columns within bounds, tied by relations; every solution starts from the one before."""

    def __init__(self, low: Vector, high: Vector, relations: Sequence[Relation]) -> None:
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.passModel(_model(low, high, relations))
        self._columns = np.arange(len(low), dtype=np.int32)

    def bound(self, columns: Sequence[int], low: Vector | float, high: Vector | float) -> None:
        """Hold each of ``columns`` within its bounds from now on."""
        count = len(columns)
        self._solver.changeColsBounds(
            count, np.array(columns, dtype=np.int32), np.full(count, low), np.full(count, high)
        )

    def minimise(self, costs: Vector) -> Vector:
        """The values of the columns where the sum of cost x value is least. Raises ContradictoryCounts."""
        self._solver.changeColsCost(len(costs), self._columns, costs)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise ContradictoryCounts(self._solver.modelStatusToString(status))
        return np.array(self._solver.getSolution().col_value)


def _model(low: Vector, high: Vector, relations: Sequence[Relation]) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(low), len(relations)
    model.col_cost_ = np.zeros(len(low))
    model.col_lower_, model.col_upper_ = low, high
    model.row_lower_ = np.array([relation.low for relation in relations])
    model.row_upper_ = np.array([relation.high for relation in relations])
    terms = [term for relation in relations for term in relation.terms]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(relation.terms) for relation in relations)]).astype(np.int32)
    model.a_matrix_.index_ = np.array([cell for cell, _ in terms], dtype=np.int32)
    model.a_matrix_.value_ = np.array([coefficient for _, coefficient in terms], dtype=np.float64)
    return model


class FeasibleTables:
    """All tables that a reader who knows ``relations`` and ``bounds`` can't tell from the true one."""

    def __init__(self, relations: Sequence[Relation], bounds: Sequence[Interval]) -> None:
        self._low = np.array([bound.low for bound in bounds], dtype=np.float64)
        self._high = np.array([bound.high for bound in bounds], dtype=np.float64)
        self._program = LinearProgram(self._low, self._high, relations)

    def bound(self, cell: int, bound: Interval) -> None:
        """The reader knows ``bound`` of ``cell`` from now on."""
        self._low[cell], self._high[cell] = bound.low, bound.high
        self._program.bound([cell], bound.low, bound.high)

    def towards(self, goal: float, cells: Sequence[int]) -> Vector:
        """A table where ``cells`` come as near to ``goal`` (0 or more than their true counts) as they can.

        What is least is the sum of their distances; none of them passes ``goal``.
        """
        costs = np.zeros(len(self._low))
        costs[cells] = -1.0 if goal else 1.0
        low, high = self._low[cells], self._high[cells]
        self._program.bound(cells, low, np.minimum(high, goal) if goal else high)
        table = self._program.minimise(costs)
        self._program.bound(cells, low, high)
        return table


Towards = Callable[[float, Sequence[int]], Vector]
"""``FeasibleTables.towards``, or something that also remembers the tables it gives."""


def not_reached_together(towards: Towards, goal: float, cells: Sequence[int]) -> list[int]:
    """The cells that don't come to ``goal`` when all of them, then all that are left over, are sent there.

    One table can show of many cells at once that they can be there; those left over may get there alone.
    """
    left = list(cells)
    while left:
        still_left = short_of(towards(goal, left), goal, left)
        if len(still_left) == len(left):
            break
        left = still_left
    return left


def short_of(table: Vector, goal: float, cells: Sequence[int]) -> list[int]:
    """The cells that aren't at ``goal`` in ``table``."""
    return [cell for cell in cells if abs(table[cell] - goal) > TOLERANCE]


def feasible_intervals(
    tables: FeasibleTables, cells: Sequence[int], *, window: float
) -> Mapping[int, Interval]:
    """The feasibility interval of each of ``cells``, cut off at ``window`` (not less than their true counts).

    Raises ContradictoryCounts.
    """
    lows = _extremes(tables, 0.0, cells)
    highs = _extremes(tables, window, cells)
    return {cell: Interval(lows[cell], highs[cell]) for cell in cells}


def _extremes(tables: FeasibleTables, goal: float, cells: Sequence[int]) -> dict[int, float]:
    extremes = dict.fromkeys(cells, goal)
    left = not_reached_together(tables.towards, goal, cells)
    while left:
        table = tables.towards(goal, [left[0]])
        extremes[left[0]] = float(table[left[0]])
        left = short_of(table, goal, left[1:])
    return extremes
