"""How a table is laid out: its headers, and what everybody knows to hold between its cells. Pure.

Two row variables are nested: the second within each category of the first, with a subtotal. The totals of the
second variable alone are another table.

In a multiple choice each option is a two-way split of those who answered: chosen or not. Options don't add
up, but as everybody chose at least one and at most as many as allowed, all options together are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from services.analytics.feasibility import Relation, sum_of

Counts = npt.NDArray[np.int64]

TOTAL_LABEL = "合计"
SUBTOTAL_LABEL = "小计"
ANSWERED_LABEL = "作答人次"
CHOSEN_LABEL, NOT_CHOSEN_LABEL = "选择", "未选择"


class HeaderKind(StrEnum):
    """Whether a row or column is a category, a subtotal over the second variable, or the total."""

    CATEGORY = "category"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Header:
    """One row or column: the codes that make it (fewer for totals), and how people call them."""

    kind: HeaderKind
    codes: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """The rows or the columns. ``parts`` (headers x categories, 0 or 1) says which categories each header
    sums up; ``relations`` hold between headers, in every line across."""

    headers: tuple[Header, ...]
    parts: Counts
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One code of a variable that can occur."""

    code: str
    label: str


def single_axis() -> Axis:
    """An axis without a variable: the total alone."""
    return Axis((_total(),), np.ones((1, 1), np.int64), ())


def flat_axis(categories: Sequence[Category]) -> Axis:
    """The categories of one variable, then the total."""
    headers = (*(_category(category) for category in categories), _total())
    count = len(categories)
    parts = np.vstack([np.eye(count, dtype=np.int64), np.ones((1, count), np.int64)])
    return Axis(headers, parts, (sum_of(count, range(count)),))


def nested_axis(outer: Sequence[Category], inner: Sequence[Category]) -> Axis:
    """For each category of the first variable a subtotal and the categories of the second; then the total."""
    headers: list[Header] = []
    parts: list[Counts] = []
    relations: list[Relation] = []
    cells = np.eye(len(outer) * len(inner), dtype=np.int64).reshape(len(outer), len(inner), -1)
    for place, first in enumerate(outer):
        at = len(headers)
        headers.append(Header(HeaderKind.SUBTOTAL, (first.code,), (first.label, SUBTOTAL_LABEL)))
        headers += [_category(first, second) for second in inner]
        parts += [cells[place].sum(axis=0), *cells[place]]
        relations.append(sum_of(at, range(at + 1, at + 1 + len(inner))))
    subtotals = [at for at, header in enumerate(headers) if header.kind is HeaderKind.SUBTOTAL]
    relations.append(sum_of(len(headers), subtotals))
    everything = np.ones(len(outer) * len(inner), np.int64)
    return Axis((*headers, _total()), np.array([*parts, everything]), tuple(relations))


def options_axis(options: Sequence[Category], max_choices: int) -> Axis:
    """For each option of a multiple choice those who chose it and those who didn't; then all who answered.

    The categories are the headers but the last: (first option, chosen), (first option, not chosen), ...
    """
    headers: list[Header] = []
    for option in options:
        headers.append(Header(HeaderKind.CATEGORY, (option.code, "chosen"), (option.label, CHOSEN_LABEL)))
        headers.append(
            Header(HeaderKind.CATEGORY, (option.code, "not-chosen"), (option.label, NOT_CHOSEN_LABEL))
        )
    count = len(headers)
    answered = np.zeros((1, count), np.int64)
    answered[0, :2] = 1
    chosen = tuple((at, 1) for at in range(0, count, 2))
    relations = [sum_of(count, (at, at + 1)) for at in range(0, count, 2)]
    relations.append(Relation((*chosen, (count, -1)), 0.0, np.inf))
    relations.append(Relation((*chosen, (count, -max_choices)), -np.inf, 0.0))
    total = Header(HeaderKind.TOTAL, (), (ANSWERED_LABEL,))
    return Axis((*headers, total), np.vstack([np.eye(count, dtype=np.int64), answered]), tuple(relations))


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's rows and columns. Cell (row, column) has the number row x column count + column."""

    rows: Axis
    columns: Axis

    @property
    def cell_count(self) -> int:
        """How many cells the table has, totals included."""
        return len(self.rows.headers) * len(self.columns.headers)

    def counts(self, by_category: Counts) -> list[int]:
        """The count of every cell from those of the categories (row categories x column categories)."""
        cells: Counts = self.rows.parts @ by_category @ self.columns.parts.T
        return [int(count) for count in cells.ravel()]

    def relations(self) -> list[Relation]:
        """All that is known to hold between the cells."""
        width = len(self.columns.headers)
        down = [
            _lifted(relation, width, column) for relation in self.rows.relations for column in range(width)
        ]
        across = [
            _lifted(relation, 1, row * width)
            for relation in self.columns.relations
            for row in range(len(self.rows.headers))
        ]
        return down + across


def _lifted(relation: Relation, step: int, start: int) -> Relation:
    terms = tuple((start + header * step, coefficient) for header, coefficient in relation.terms)
    return Relation(terms, relation.low, relation.high)


def _total() -> Header:
    return Header(HeaderKind.TOTAL, (), (TOTAL_LABEL,))


def _category(*categories: Category) -> Header:
    codes = tuple(category.code for category in categories)
    return Header(HeaderKind.CATEGORY, codes, tuple(category.label for category in categories))
