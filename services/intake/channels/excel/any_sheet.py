"""Reads a sheet in whatever form it is written, and finds the cells whose value can't be trusted."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.intake.channels.excel.cells import Value
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.findings import CellRange, untrusted_rows
from services.intake.channels.excel.told import NewCells

MOST_COLUMNS = 1000
"""Nobody fills in more; a stray cell further right would take room for all that lies between."""
_SAVE_ANEW = "请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"


class AnySheet:
    """The sheet called ``name`` of the workbook ``content``, whose part is ``xml``. Raises WorkbookRefused."""

    def __init__(self, content: bytes, name: str, xml: bytes, new: NewCells) -> None:
        self._sheet = _loaded(content, name)
        last_row, last_column = self._sheet.end or (-1, -1)
        if last_column >= MOST_COLUMNS:
            raise WorkbookRefused(f"第 {MOST_COLUMNS} 列以后还有内容；请删去多余的内容后重新上传。")
        self.last_row = last_row + 1
        self.untrusted: Mapping[int, str] = untrusted_rows(xml, self.last_row)
        self._new = new
        self._known: dict[tuple[int, type, Value], int] = {}

    @property
    def known_count(self) -> int:
        """How many cells are remembered, to be the same when they come again."""
        return len(self._known)

    def forget(self) -> None:
        """Remember none of them."""
        self._known.clear()

    def merged(self) -> list[CellRange]:
        """The ranges of merged cells."""
        return self._sheet.merged_cell_ranges or []

    def rows(self, first: int) -> Iterator[tuple[int, list[int]]]:
        """The rows with values, from the one with the number ``first`` on: the numbers of their cells."""
        try:
            for number, row in enumerate(islice(self._sheet.iter_rows(), first - 1, None), first):
                cells = [self._number(place, value) for place, value in enumerate(row) if value != ""]
                if cells:
                    yield number, cells
        except OverflowError:
            raise WorkbookRefused(f"工作表里有超出范围的日期或时长；请改正，或{_SAVE_ANEW}") from None

    def _number(self, place: int, value: Value) -> int:
        key = (place, type(value), value)
        if key not in self._known:
            self._known[key] = self._new.number(place, value)
        return self._known[key]


def _loaded(content: bytes, name: str) -> CalamineSheet:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name)
    except (CalamineError, ValueError, OSError):
        raise WorkbookRefused(f"工作表“{name}”已损坏，无法读取；{_SAVE_ANEW}") from None
