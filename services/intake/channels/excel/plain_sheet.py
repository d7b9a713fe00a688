"""Reads a sheet that is written as Excel, WPS, LibreOffice and the libraries write it, several times as fast as XML.

Most cells of a sheet of answers are the same few: their bytes are cut out, without their row's number, and are looked
up; only what wasn't seen before is understood. That goes as long as the sheet is in this form, all of which is checked:
``<row r="2" …><c r="A2" s="1" t="s"><v>3</v></c>…</row>`` without anything between, rows in order, each cell with its
name; values that are numbers, texts, or true or false. With anything else, such as a formula, it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.findings import CellRange, cell_range
from services.intake.channels.excel.plain_cells import KnownCells
from services.intake.channels.excel.plain_parts import NotPlain, NumberFormats, Texts, check_is_utf8, parsed
from services.intake.channels.excel.told import NewCells

_START, _END = b"<sheetData>", b"</sheetData>"
_CELL_START, _ROW_END = b'<c r="', b"</row>"
_ROW_START = re.compile(rb'(?:<row r="[0-9]+"[^<>]*/>)*<row r="([0-9]{1,7})"(?: [^<>]*)?>')
_EMPTY_ROWS = re.compile(rb'(?:<row r="[0-9]+"[^<>]*/>)*')
_DISORDERED = "工作表里各行的次序是乱的；请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"


class PlainSheet:
    """The sheet whose part is ``xml``. Raises NotPlain, also amidst its rows: what it gave out until then is right."""

    untrusted: Mapping[int, str] = {}
    """Rows with formulas or error values: there they aren't given out."""

    def __init__(
        self, xml: bytes, texts: Texts, formats: NumberFormats, epoch: datetime, new: NewCells
    ) -> None:
        check_is_utf8(xml)
        start, end = xml.find(_START), xml.rfind(_END)
        if not 0 <= start < end:
            raise NotPlain
        self._xml = xml
        self._start, self._end = start + len(_START), end
        self._rest = parsed(xml[: self._start] + xml[end:])
        self._known = KnownCells(texts, formats, epoch, new)

    @property
    def known_count(self) -> int:
        """How many cells are remembered, to be the same when they come again."""
        return len(self._known)

    def forget(self) -> None:
        """Remember none of them."""
        self._known.clear()

    @property
    def last_row(self) -> int:
        """The number of the last row that has values; 0 where none has."""
        number = max(self._start, self._xml.rfind(b"</v>", self._start, self._end))
        last_value = max(number, self._xml.rfind(b"</is>", number, self._end))
        row = self._xml.rfind(b"<row ", self._start, last_value)
        found = _ROW_START.match(self._xml, row) if row >= 0 else None
        return 0 if found is None else int(found[1])

    def merged(self) -> list[CellRange]:
        """The ranges of merged cells."""
        cells = self._rest.iterfind("./{*}mergeCells/{*}mergeCell")
        return [cell_range(each.get("ref", "")) for each in cells]

    def rows(self, first: int) -> Iterator[tuple[int, list[int]]]:
        """The rows with values, from the one with the number ``first`` on: the numbers of their cells."""
        xml, number_of = self._xml, self._known.__getitem__
        place, last = self._start, 0
        while (end := xml.find(_ROW_END, place, self._end)) >= 0:
            start = _ROW_START.match(xml, place, end)
            if start is None:
                raise NotPlain
            number = int(start[1])
            if number <= last:
                raise WorkbookRefused(_DISORDERED)
            place, last = end + len(_ROW_END), number
            if number >= first:
                cells = list(filter(None, map(number_of, _cells(xml[start.end() : end], start[1]))))
                if cells:
                    yield number, cells
        if not _EMPTY_ROWS.fullmatch(xml, place, self._end):
            raise NotPlain


def _cells(row: bytes, number: bytes) -> list[bytes]:
    """The cells of a row, each from its column's name on, without the row's number."""
    if not row:
        return []
    shortened = row.replace(number + b'"', b'"')
    cells = shortened.split(_CELL_START)
    if len(row) - len(shortened) != len(number) * (len(cells) - 1):  # it stands elsewhere too
        cells = [_without_number(cell, number) for cell in row.split(_CELL_START)]
    if cells[0]:
        raise NotPlain
    return cells[1:]


def _without_number(cell: bytes, number: bytes) -> bytes:
    name, quote, rest = cell.partition(b'"')
    return name.removesuffix(number) + quote + rest
