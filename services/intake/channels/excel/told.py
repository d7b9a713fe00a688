"""What one cell tells, and rows as the reading process hands them over: each cell once for all rows that have it."""

from __future__ import annotations

from datetime import datetime
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
    told: Told | None = None


class NewCells:
    """Numbers the cells of one sheet, from 1, and keeps those that nobody has taken yet.

    ``sizes`` are those of all of them by their numbers, in characters.
    """

    def __init__(self) -> None:
        self.sizes = [0]
        self._cells: list[Cell] = []

    def number(self, place: int, value: Value) -> int:
        """The number of a cell that holds ``value``."""
        number = len(self.sizes)
        self.sizes.append(len(value) if type(value) is str else _NOT_TEXT_CHARS)
        self._cells.append(Cell(number, place, value))
        return number

    def taken(self) -> list[Cell]:
        """Those that came since the last call."""
        cells, self._cells = self._cells, []
        return cells

    def begin_anew(self) -> None:
        """Forget them all, and number from 1 again."""
        self.sizes[1:] = []
        self._cells = []


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
