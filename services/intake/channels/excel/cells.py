"""One cell: from what a workbook says to what a form holds. Pure.

What each kind of column takes; everything else is refused with a reason that names the cell.

- ids, telephones: text; full-width digits, blanks at the ends and invisible characters are mended. Numbers, dates and
  ``1.39E+10`` are refused: digits are lost already.
- times, dates: ``2024-05-20``, ``2024/5/20``, ``2024.5.20``, ``2024年5月20日``, ``20240520``, each with or without
  ``9:30``; date cells; serial numbers. Not a day before the month, a year of two digits, a time alone.
- one choice: its label or code, the code also as a number, both as ``a.label``; ``其他：words`` where there is one.
- several choices: the same, between ``、 , ， ; ； / ／ | >`` or line breaks; what follows ``其他：`` is its words.
- numbers: number cells, and text, with full-width digits too; an age also with ``岁``. No fraction where a whole number
  is asked for, no date.
- text: as it is, with its line breaks; numbers and dates as they are shown. Not longer than the question allows.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from math import isfinite

from shared.forms.cells import plain_cell
from shared.possible_times import EARLIEST, LATEST

Value = str | int | float | bool | date | datetime | time | timedelta
"""What a cell holds, as the reader of workbooks gives it."""

MOST_EXACT_INTEGER = 10**15
"""Excel keeps 15 digits of a number."""

_EARLIEST_SERIAL, _LATEST_SERIAL = 20_000, 80_000
"""From 1954 to 2119: what else is a number is no date."""
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xAD])
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_MOMENT = re.compile(
    r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?"
    r"(?:[T ]*(\d{1,2}) ?[:时点] ?(?:(\d{1,2}) ?分?(?:[:](\d{1,2})(?:\.\d+)?)?)?)?"
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,12})?")


class CellProblem(Exception):
    """The cell can't be taken: the message says what it takes, and what to do."""


def plain(text: str) -> str:
    """One line of ``text``: NFKC, no invisible characters, one blank for many, none at the ends."""
    if not text.isascii():
        text = nfkc(text)
    return " ".join(plain_cell(text).split())


def nfkc(text: str) -> str:
    """``text`` in normal width and form, without what nobody sees."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def text_of(value: Value, limit_chars: int) -> str:
    """Free text, with its line breaks."""
    text = plain_cell(_shown(value)).strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _within(text, limit_chars)


def line_of(value: Value, limit_chars: int) -> str:
    """Text on one line."""
    return _within(plain(_shown(value)), limit_chars)


def digits_of(value: Value, limit_chars: int) -> str:
    """An id or a telephone: what isn't text has lost digits."""
    if isinstance(value, str):
        text = plain(value)
        if not _SCIENTIFIC.fullmatch(text):
            return _within(text, limit_chars)
    raise CellProblem(
        "存成了数字，开头的 0 和第 15 位以后的数字可能已经丢失；"
        "请先把这一列的单元格格式设为“文本”，再对照原件重新输入"
    )


def moment_of(value: Value, epoch: datetime) -> datetime:
    """A day, perhaps with a time, without a zone unless it is told. Text has to be ``plain``.

    ``epoch``: the workbook's day 0.
    """
    if isinstance(value, datetime):
        moment: datetime | None = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    else:
        moment = _moment_in(value, epoch) if isinstance(value, str) else _moment_of_number(value, epoch)
    if moment is None or not EARLIEST.year <= moment.year < LATEST.year:
        raise CellProblem("应为日期，如 2024-05-20 或 2024-05-20 09:30")
    return moment


def day_of(value: Value, epoch: datetime) -> str:
    """A day of the calendar, as ``2024-05-20``. Text has to be ``plain``."""
    return moment_of(value, epoch).date().isoformat()


def integer_of(value: Value) -> int:
    """A whole number. Text has to be ``plain``."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int_or_none(value):
        return int(value)
    raise CellProblem("应为整数")


def decimal_of(value: Value) -> int | float:
    """A number; a whole one is an int. Text has to be ``plain``."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = int_or_none(value)
        if whole is not None or isfinite(value):
            return value if whole is None else whole
    raise CellProblem("应为数字")


def age_of(value: Value) -> int:
    """An age in years. Text has to be ``plain``."""
    if isinstance(value, str):
        value = value.removesuffix("岁").removesuffix("周").rstrip()
    try:
        return integer_of(value)
    except CellProblem:
        raise CellProblem("应为周岁年龄，如 29") from None


def code_text(value: Value) -> str:
    """A choice as it is written: a number that is a code without its fraction."""
    return _shown(value)


def int_or_none(value: float) -> int | None:
    """The whole number that ``value`` is, where Excel keeps all of its digits."""
    return int(value) if abs(value) < MOST_EXACT_INTEGER and value == int(value) else None


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise CellProblem("是逻辑值（TRUE 或 FALSE），请改为文字")
    if isinstance(value, int | float):
        whole = int_or_none(value)
        return repr(value) if whole is None else str(whole)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _within(text: str, limit_chars: int) -> str:
    if len(text) > limit_chars:
        raise CellProblem(f"最多 {limit_chars} 个字，收到 {len(text)} 个字")
    return text


def _moment_in(text: str, epoch: datetime) -> datetime | None:
    try:
        if text[4:5] == text[7:8] == "-":
            return datetime.fromisoformat(text)  # quicker than what knows the other ways, and most write so
    except ValueError:
        pass
    found = _MOMENT.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    try:
        if found is not None:
            return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
        if text.isascii() and text.isdigit():
            return _moment_of_number(float(text), epoch)
        return None
    except ValueError:
        return None


def _moment_of_number(value: Value, epoch: datetime) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if _EARLIEST_SERIAL <= value < _LATEST_SERIAL:
        moment = epoch + timedelta(days=value)
        return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    compact = _COMPACT_DAY.fullmatch(str(int_or_none(value)))
    try:
        return compact and datetime(*map(int, compact.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
