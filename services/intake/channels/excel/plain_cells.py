"""The cells of a plain sheet (``plain_sheet.py``) by their bytes: what was seen before costs a look-up. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from services.intake.channels.excel.cells import Value
from services.intake.channels.excel.names import column_index
from services.intake.channels.excel.plain_parts import (
    NotPlain,
    NumberFormats,
    Texts,
    parsed,
    text_of,
    unescaped,
)
from services.intake.channels.excel.told import NewCells

_START = re.compile(rb'([A-Z]{1,3})"(?: s="([0-9]{1,5})")?(?: t="(s|str|inlineStr|b|n)")?')
_WITHOUT_VALUE = frozenset({b"", b"</c>", b"<v></v></c>", b"<v/></c>"})
_VALUE = (b"<v>", b"</v></c>")
_INLINE = (b"<is>", b"</is></c>")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")
_FIRST_SERIAL, _AFTER_LAST_SERIAL = 61, 2_950_000
"""From 1 March 1900, since Excel takes 1900 for a leap year, to about the year 9976, whatever day is 0."""
_MS_A_DAY = 86_400_000

_Reader = Callable[[bytes], Value]
"""From what stands in a cell to its value. Raises NotPlain."""


class KnownCells(dict[bytes, int]):
    """The numbers of cells by their bytes, ``K" t="s"><v>3</v></c>``: from the column on, without the row's number.

    0 for those without a value. Raises NotPlain.
    """

    def __init__(self, texts: Texts, formats: NumberFormats, epoch: datetime, new: NewCells) -> None:
        super().__init__()
        self._starts = _Starts(texts, formats, epoch)
        self._new = new

    def __missing__(self, content: bytes) -> int:
        number = self[content] = self._number(content)
        return number

    def _number(self, content: bytes) -> int:
        start, _, rest = content.partition(b">")
        if rest in _WITHOUT_VALUE:
            if not _START.fullmatch(start.removesuffix(b"/")):
                raise NotPlain
            return 0
        place, read = self._starts[start]
        value = read(rest)
        return 0 if value == "" else self._new.number(place, value)


class _Starts(dict[bytes, tuple[int, _Reader]]):
    """How a cell begins, ``K" s="1" t="s"``, tells its column, and how to read what follows; many begin alike."""

    def __init__(self, texts: Texts, formats: NumberFormats, epoch: datetime) -> None:
        super().__init__()
        self._texts = texts
        self._formats = formats
        self._epoch = epoch

    def __missing__(self, start: bytes) -> tuple[int, _Reader]:
        found = _START.fullmatch(start)
        if found is None:
            raise NotPlain
        name, format, kind = found.groups()
        self[start] = column_index(name.decode()), self._reader(kind, int(format or 0))
        return self[start]

    def _reader(self, kind: bytes | None, format: int) -> _Reader:
        match kind:
            case b"s":
                return self._shared_text
            case b"inlineStr":
                return _inline_text
            case b"str":
                return _computed_text
            case b"b":
                return _truth
        if self._formats.are_spans(format):
            raise NotPlain
        return partial(_day, self._epoch) if self._formats.are_days(format) else _number

    def _shared_text(self, rest: bytes) -> str:
        written = _inside(rest, _VALUE)
        if not written.isdigit():
            raise NotPlain
        return self._texts[int(written)]


def _inside(rest: bytes, between: tuple[bytes, bytes]) -> bytes:
    before, after = between
    if not (rest.startswith(before) and rest.endswith(after)):
        raise NotPlain
    return rest[len(before) : -len(after)]


def _inline_text(rest: bytes) -> str:
    return text_of(_inside(rest, _INLINE))


def _computed_text(rest: bytes) -> str:
    written = _inside(rest, _VALUE)
    if b"<" in written:
        raise NotPlain
    return unescaped(parsed(b"<v>" + written + b"</v>").text or "")


def _truth(rest: bytes) -> bool:
    written = _inside(rest, _VALUE)
    if written not in (b"0", b"1"):
        raise NotPlain
    return written == b"1"


def _number(rest: bytes) -> float:
    written = _inside(rest, _VALUE)
    if not _NUMBER.fullmatch(written):
        raise NotPlain
    return float(written)


def _day(epoch: datetime, rest: bytes) -> date | datetime:
    """A day, or a moment where the serial number has a fraction."""
    serial = _number(rest)
    if not _FIRST_SERIAL <= serial < _AFTER_LAST_SERIAL:
        raise NotPlain
    moment = epoch + timedelta(milliseconds=round(serial * _MS_A_DAY))
    return moment.date() if serial.is_integer() else moment
