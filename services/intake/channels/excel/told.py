"""What one cell tells, and rows as the reading process hands them over: each cell once for all rows that have it."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from services.intake.channels.excel.cells import Value

_NOT_TEXT_CHARS = 20


class Said(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=0):
    """What the field or the answer ``id`` is."""

    id: str
    value: bool | str | int | float | list[str]


class SaidMoment(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    """When the field ``id`` was, in UTC."""

    id: str
    value: datetime


class SaidWithWords(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    """What was chosen for ``id``, and the words behind «other»."""

    id: str
    value: str | list[str]
    words: str


class Unclear(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """What is wrong with the cell of ``id``."""

    id: str
    problem: str


class Stray(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    """It stands where no header says what it is."""


class Nothing(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """It is blank, or not for us."""


Told = Said | SaidMoment | SaidWithWords | Unclear | Stray | Nothing


class Cell(msgspec.Struct, eq=False, gc=False, array_like=True):
    """A cell of the column with the index ``place``, in whichever rows it stands so.

    ``number`` tells it from the sheet's other cells. ``told`` is None until it was understood.
    """

    number: int
    place: int
    value: Any
    size_chars: int
    told: Told | None = None


class NewCells:
    """Makes the cells of one sheet, and keeps those that nobody has taken yet."""

    def __init__(self) -> None:
        self._numbers = count()
        self._cells: list[Cell] = []

    def make(self, place: int, value: Value) -> Cell:
        """A cell that holds ``value``."""
        size_chars = len(value) if isinstance(value, str) else _NOT_TEXT_CHARS
        cell = Cell(next(self._numbers), place, value, size_chars)
        self._cells.append(cell)
        return cell

    def taken(self) -> list[Cell]:
        """Those that were made since the last call."""
        cells, self._cells = self._cells, []
        return cells


class CellsOfRow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A row: the numbers of its cells; ``problem`` is why it can't be taken in, whatever they tell."""

    number: int
    cells: list[int]
    problem: str | None = None


class Rows(msgspec.Struct, frozen=True, tag=True):
    """Some rows, in order, and those of their cells that no rows before them had.

    ``is_anew``: with them it begins anew; no cell from before them comes again.
    """

    cells: list[Cell]
    rows: list[CellsOfRow]
    is_anew: bool
