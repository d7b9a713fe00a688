"""Puts rows together for the way from the reading process: in groups that are neither many nor large. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.intake.channels.excel.told import Cell, CellsOfRow

ROWS_AT_ONCE = 128
"""As many as can be sealed and kept without holding up anything else for long."""
CHARS_AT_ONCE = 300_000
ROW_LIMIT_CHARS = 150_000
"""Several times what all questions together allow."""
_TOO_LARGE = "这一行的内容太多，超过了一行的上限"


class FoundRow(NamedTuple):
    """A row of a sheet; ``problem`` is why it can't be taken in, whatever its cells tell."""

    number: int
    cells: list[Cell]
    problem: str | None = None
    is_too_large: bool = False

    def with_numbers(self) -> CellsOfRow:
        """The row as it is handed over: its cells are known by their numbers."""
        return CellsOfRow(self.number, [cell.number for cell in self.cells], self.problem)


def grouped(rows: Iterable[FoundRow]) -> Iterator[list[FoundRow]]:
    """``rows`` in groups, in order; those that are too large without their cells."""
    some: list[FoundRow] = []
    size_chars = 0
    for row in rows:
        row_chars = sum([cell.size_chars for cell in row.cells])
        if row_chars > ROW_LIMIT_CHARS:
            some.append(FoundRow(row.number, [], _TOO_LARGE, is_too_large=True))
        else:
            some.append(row)
            size_chars += row_chars
        if len(some) == ROWS_AT_ONCE or size_chars > CHARS_AT_ONCE:
            yield some
            some, size_chars = [], 0
    if some:
        yield some
