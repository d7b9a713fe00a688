"""What stands in a cell: numbers, times and telephone numbers as people and spreadsheets write them. Pure.

Each reader raises ValueError with what is allowed; what came is not repeated, since it may be personal.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_LOST_DIGITS = re.compile(r"[0-9]+([.][0-9]+)?[eE][+]?[0-9]+\Z")
_SERIAL = re.compile(r"[0-9]{5}([.][0-9]+)?\Z")
_WHOLE = re.compile(r"[0-9]{1,9}\Z")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])\Z")
_PHONE = re.compile(r"[+(]?[0-9][0-9()\- ]{2,29}\Z")
_MOMENT = re.compile(
    r"(20[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]+"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.][0-9]+)?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
LOST_DIGITS = (
    "数字已被电子表格改成科学计数（如 1.38E+10），末尾各位已经丢失；请把这一列设为“文本”格式，"
    "从热线系统重新导出或重新填写后再上传"
)


def text(cell: str) -> str:
    """An id or a name. Raises ValueError for digits that were lost."""
    if _LOST_DIGITS.match(_plain(cell)):
        raise ValueError(LOST_DIGITS)
    return cell


def phone(cell: str) -> str:
    """A telephone number as written. Raises ValueError."""
    plain = _plain(text(cell))
    if not _PHONE.match(plain):
        raise ValueError(
            "应为电话号码，只含数字、空格、“-”、括号和开头的“+”，如 13800000000 或 0512-65000000"
        )
    return plain


def whole(cell: str) -> int:
    """A whole number from 0. Raises ValueError."""
    plain = _plain(cell)
    if not _WHOLE.match(plain):
        raise ValueError("应为不小于 0 的整数")
    return int(plain)


def seconds(cell: str) -> int:
    """A duration: whole seconds, or hours, minutes and seconds. Raises ValueError.

    Two parts are refused: 5:12 may be minutes or, as a spreadsheet reads it, hours.
    """
    plain = _plain(cell)
    if clock := _CLOCK.match(plain):
        hours, minutes, rest = map(int, clock.groups())
        return hours * 3600 + minutes * 60 + rest
    if not _WHOLE.match(plain):
        raise ValueError("应为秒数（如 312）或 时:分:秒（如 0:05:12）")
    return int(plain)


def moment(cell: str, zone: tzinfo) -> datetime:
    """A date and a time of day, in ``zone`` where the cell names none. Raises ValueError."""
    plain = _plain(cell)
    if _SERIAL.match(plain):
        raise ValueError("是电子表格的序列值；请把这一列设为日期时间格式（如 2024-05-20 09:30:00）后再保存")
    found = _MOMENT.match(plain)
    if found is None:
        raise ValueError("应为日期和时间，如 2024-05-20 09:30:00")
    *parts, offset = found.groups()
    year, month, day, hour, minute, second = [int(part or 0) for part in parts]
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(offset) if offset else zone)
    except ValueError:
        raise ValueError("没有这样的日期或时间") from None


def _zone(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=minutes if offset[0] == "+" else -minutes))


def _plain(cell: str) -> str:
    """With full-width digits and signs made plain."""
    return unicodedata.normalize("NFKC", cell).strip()
