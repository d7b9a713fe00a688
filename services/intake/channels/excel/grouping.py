"""Puts rows together for the way from the reading process: in groups that are neither many nor large. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.intake.channels.excel.told import CellsOfRow

ROWS_AT_ONCE = 256
"""As many as can be sealed and kept without holding up anything else for long."""
CHARS_AT_ONCE = 300_000
ROW_LIMIT_CHARS = 150_000
"""Several times what all questions together allow."""
TOO_LARGE = "这一行的内容太多，超过了一行的上限"


def grouped(rows: Iterable[CellsOfRow], sizes: Sequence[int]) -> Iterator[list[CellsOfRow]]:
    """``rows`` in groups, in order; those that are too large without their cells.

    ``sizes`` are those of cells by their numbers, in characters, when the row comes that has them.
    """
    some: list[CellsOfRow] = []
    size_chars = 0
    for row in rows:
        row_chars = sum(map(sizes.__getitem__, row.cells))
        if row_chars > ROW_LIMIT_CHARS:
            some.append(CellsOfRow(row.number, [], TOO_LARGE))
        else:
            some.append(row)
            size_chars += row_chars
        if len(some) == ROWS_AT_ONCE or size_chars > CHARS_AT_ONCE:
            yield some
            some, size_chars = [], 0
    if some:
        yield some
