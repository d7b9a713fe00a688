"""Counts the standing submissions of a table. The counts are exact: they must not leave unprotected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.analytics.columns import CampaignColumns, Masks, Selection
from services.analytics.layout import (
    Axis,
    Category,
    Counts,
    Layout,
    flat_axis,
    nested_axis,
    options_axis,
    single_axis,
)
from services.analytics.model import TableQuery, possible_codes
from shared.access import Grant
from shared.campaign import Variable
from shared.errors import FieldProblem, Invalid

CELLS_LIMIT = 1500
"""The largest table, totals included: protecting it takes about half a second."""
Places = npt.NDArray[np.intp]
"""Where each submission belongs among some categories; -1 where it belongs to none."""


@dataclass(frozen=True, slots=True)
class ExactTable:
    """A layout and the exact count of every cell. ``units``: to which the grant limits it, if it does."""

    layout: Layout
    counts: Sequence[int]
    units: tuple[str, ...] | None


def tabulate(grant: Grant, query: TableQuery, columns: CampaignColumns) -> ExactTable:
    """Count what ``grant`` lets be used; ``query`` was checked against the campaign.

    A grant of some units limits the table to these. Submissions without an answer to one of the table's
    variables aren't counted, in the totals neither. Raises Invalid when filters, population and grant leave
    no category, or the table is too large.
    """
    possible = possible_codes(query, columns.campaign, grant.units)
    _check_size(query, columns, possible)
    layout, by_category = _Counting(columns, query, possible).table()
    return ExactTable(layout, layout.counts(by_category), None if grant.has_all_units else possible["unit"])


def _check_size(query: TableQuery, columns: CampaignColumns, possible: Mapping[str, tuple[str, ...]]) -> None:
    """Before anything is made of that size."""
    cell_count = 1
    for name in (*query.rows, *query.columns):
        splits = 2 if columns.coding.variables[name].variable.is_multiple else 1
        cell_count *= splits * len(possible[name]) + 1
    if cell_count > CELLS_LIMIT:
        size = f"含合计约 {cell_count} 格，最多 {CELLS_LIMIT} 格；请加筛选条件或减少变量"
        raise Invalid("这张表太大。", [FieldProblem("rows", size)], code="table-too-large")


class _Counting:
    """One table in the making. Nothing here outlives the call, as the columns change with every event."""

    def __init__(
        self, columns: CampaignColumns, query: TableQuery, possible: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._columns = columns
        self._query = query
        self._possible = possible
        # A withdrawn row has no answer to any variable, and a table has at least one.
        self._selected = np.ones(columns.row_count, np.bool_)
        for name in possible:
            if name not in query.rows and name not in query.columns:
                self._selected = self._selected & self._is_in(name)
        self._column_of: Places = np.zeros(len(self._selected), np.intp)
        self._column_count = 1
        for name in query.columns:
            self._column_of, self._column_count = self._places(name), len(possible[name])
            self._selected = self._selected & (self._column_of >= 0)

    def table(self) -> tuple[Layout, Counts]:
        """The layout, and the counts by row category and column category."""
        columns = [flat_axis(self._categories(name)) for name in self._query.columns] or [single_axis()]
        rows, by_category = self._rows()
        return Layout(rows, columns[0]), by_category

    def _rows(self) -> tuple[Axis, Counts]:
        names = self._query.rows
        if not names:
            return single_axis(), self._counted(np.zeros(len(self._selected), np.intp), 1)
        if self._variable(names[0]).is_multiple:
            return self._option_rows(names[0])
        outer = self._categories(names[0])
        if len(names) == 1:
            return flat_axis(outer), self._counted(self._places(names[0]), len(outer))
        inner = self._categories(names[1])
        first, second = self._places(names[0]), self._places(names[1])
        nested = np.where((first >= 0) & (second >= 0), first * len(inner) + second, -1)
        return nested_axis(outer, inner), self._counted(nested, len(outer) * len(inner))

    def _option_rows(self, name: str) -> tuple[Axis, Counts]:
        masks = self._columns.masks(name)
        self._selected = self._selected & (masks != 0)
        options = self._categories(name)
        split = [self._counted(np.where(self._has(masks, name, option.code), 0, 1), 2) for option in options]
        most_chosen = int(np.bitwise_count(masks[self._selected]).max(initial=0))
        # A definition that was tightened later must not contradict what was answered before.
        max_choices = max(self._max_choices(name), most_chosen)
        return options_axis(options, max_choices), np.vstack(split)

    def _counted(self, row_of: Places, row_count: int) -> Counts:
        """The selected submissions by row (-1: not counted) and column."""
        counted = self._selected & (row_of >= 0)
        cells = row_of[counted] * self._column_count + self._column_of[counted]
        counts: Counts = np.bincount(cells, minlength=row_count * self._column_count)
        return counts.reshape(row_count, self._column_count)

    def _places(self, name: str) -> Places:
        """Where each submission belongs among the possible codes of a single-answer variable."""
        coded = self._columns.coding.variables[name]
        place_of = np.full(len(coded.numbers) + 1, -1, np.intp)
        for place, code in enumerate(self._possible[name]):
            place_of[coded.numbers[code]] = place
        return place_of[self._columns.numbers(name)]

    def _is_in(self, name: str) -> Selection:
        """Whether each submission has one of the possible codes."""
        if not self._variable(name).is_multiple:
            return self._places(name) >= 0
        masks = self._columns.masks(name)
        has_any: Selection = np.logical_or.reduce(
            [self._has(masks, name, code) for code in self._possible[name]]
        )
        return has_any

    def _has(self, masks: Masks, name: str, code: str) -> Selection:
        bit = np.uint64(self._columns.coding.variables[name].numbers[code])
        has: Selection = (masks & bit) != 0
        return has

    def _categories(self, name: str) -> list[Category]:
        labels = self._variable(name).labels
        return [Category(code, labels[code]) for code in self._possible[name]]

    def _variable(self, name: str) -> Variable:
        return self._columns.coding.variables[name].variable

    def _max_choices(self, name: str) -> int:
        edition, _, question = name.partition(".")
        return self._columns.campaign.questionnaire(edition).by_id[question].max_choices
