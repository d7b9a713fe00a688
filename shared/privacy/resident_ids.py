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
    return born_on(text) is not None


def born_on(text: str) -> date | None:
    """The birth date in a resident identity number, read as above; None where ``text`` is none."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    form = _FORM.match(plain)
    if form is None or _check(plain) != plain[17]:
        return None
    try:
        born = date(*map(int, form.groups()))
    except ValueError:
        return None
    return born if born.year >= _EARLIEST_BIRTH else None


def _check(plain: str) -> str:
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(plain[:17], _WEIGHTS, strict=True)) % 11]
