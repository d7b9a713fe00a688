"""Resident identity numbers (GB 11643-1999): six digits of place, the birth date, three of sequence, a check."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_FORM = re.compile(r"[1-9][0-9]{5}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]\Z")
_CHECKS = "10X98765432"
_EARLIEST_BIRTH = 1900
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))


def is_resident_id(text: str) -> bool:
    """Whether ``text`` is one: 18 characters, a date that exists, and the check of ISO 7064, MOD 11-2.

    Full-width forms, a small x and blanks around or between are read as they are meant.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    form = _FORM.match(plain)
    return form is not None and _is_day(*map(int, form.groups())) and _check(plain) == plain[17]


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year >= _EARLIEST_BIRTH
    except ValueError:
        return False


def _check(plain: str) -> str:
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(plain[:17], _WEIGHTS, strict=True)) % 11]
