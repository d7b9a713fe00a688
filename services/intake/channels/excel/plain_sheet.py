"""Reads a sheet that is written as Excel, WPS, LibreOffice and the libraries write it, several times as fast as XML.

Most cells of a sheet of answers are the same few: their bytes are cut out, without their row's number, and are looked
up; only what wasn't seen before is understood. That goes as long as the sheet is in this form, all of which is checked:
``<row r="2" …><c r="A2" s="1" t="s"><v>3</v></c>…</row>`` without anything between, rows in order, each cell with its
name; values that are numbers, texts, or true or false. With anything else, such as a formula, it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from services.intake.channels.excel.cells import Value
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.findings import CellRange, cell_range
from services.intake.channels.excel.names import column_index
from services.intake.channels.excel.plain_parts import (
    NotPlain,
    NumberFormats,
    Texts,
    check_is_utf8,
    parsed,
    text_of,
    unescaped,
)
from services.intake.channels.excel.told import Cell, NewCells

_START, _END = b"<sheetData>", b"</sheetData>"
_CELL_START, _ROW_END = b'<c r="', b"</row>"
_ROW_START = re.compile(rb'(?:<row r="[0-9]+"[^<>]*/>)*<row r="([0-9]{1,7})"(?: [^<>]*)?>')
_EMPTY_ROWS = re.compile(rb'(?:<row r="[0-9]+"[^<>]*/>)*')
_CELL = re.compile(
    rb'([A-Z]{1,3})"(?: s="([0-9]{1,5})")?(?: t="(s|str|inlineStr|b|n)")?'
    rb"(?:/>|>(?:<v>([^<]*)</v>|<is>(.*)</is>|<v/>)?</c>)",
    re.DOTALL,
)
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")
_FIRST_SERIAL, _AFTER_LAST_SERIAL = 61, 2_950_000
"""From 1 March 1900, since Excel takes 1900 for a leap year, to about the year 9976, whatever day is 0."""
_MS_A_DAY = 86_400_000
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
        self._known = _KnownCells(texts, formats, epoch, new)

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

    def rows(self, first: int) -> Iterator[tuple[int, list[Cell]]]:
        """The rows with values, from the one with the number ``first`` on."""
        xml, cell_of = self._xml, self._known.__getitem__
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
                cells = list(filter(None, map(cell_of, _cells(xml[start.end() : end], start[1]))))
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


class _KnownCells(dict[bytes, Cell | None]):
    """Cells by their bytes; None for those without a value."""

    def __init__(self, texts: Texts, formats: NumberFormats, epoch: datetime, new: NewCells) -> None:
        super().__init__()
        self._texts = texts
        self._formats = formats
        self._epoch = epoch
        self._new = new

    def __missing__(self, content: bytes) -> Cell | None:
        """Raises NotPlain."""
        cell = self[content] = self._cell(content)
        return cell

    def _cell(self, content: bytes) -> Cell | None:
        found = _CELL.fullmatch(content)
        if found is None:
            raise NotPlain
        name, format, kind, written, text = found.groups()
        if not (written or text):
            return None
        value = self._value(written, kind, format) if written else text_of(text)
        return None if value == "" else self._new.make(column_index(name.decode()), value)

    def _value(self, written: bytes, kind: bytes | None, format: bytes | None) -> Value:
        match kind:
            case b"s":
                return self._texts[_whole(written)]
            case b"str":
                return unescaped(parsed(b"<v>" + written + b"</v>").text or "")
            case b"b" if written in (b"0", b"1"):
                return written == b"1"
            case None | b"n" if _NUMBER.fullmatch(written):
                return self._number(float(written), format)
        raise NotPlain

    def _number(self, number: float, format: bytes | None) -> Value:
        if format is None:
            return number
        if self._formats.are_days(int(format)):
            return _day(number, self._epoch)
        if self._formats.are_spans(int(format)):
            raise NotPlain
        return number


def _whole(written: bytes) -> int:
    if not written.isdigit():
        raise NotPlain
    return int(written)


def _day(serial: float, epoch: datetime) -> date | datetime:
    """A day, or a moment where the serial number has a fraction."""
    if not _FIRST_SERIAL <= serial < _AFTER_LAST_SERIAL:
        raise NotPlain
    moment = epoch + timedelta(milliseconds=round(serial * _MS_A_DAY))
    return moment.date() if serial.is_integer() else moment
