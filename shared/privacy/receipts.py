"""Receipts: what a respondent keeps, to look up or withdraw a submission, and types in again months later.

``XXXX-XXXX-XXXX-XXXX`` in Crockford's base32 (no I, L, O, U): 15 characters, 75 bits, of an HMAC of the
submission's id, and a check character. It can't be guessed, and is computed again rather than kept.

Whoever sees a receipt may look it up. Who withdraws shows the withdrawal code besides, ``XXXX-XXXX``: 35 bits of
another HMAC and a check character. That is enough where each try is answered by a server that limits them.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Iterable

from shared.errors import FieldProblem, Invalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARS = 16
WITHDRAWAL_CHARS = 8
GROUP_CHARS = 4
_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1
_TIMES_PRIMITIVE = tuple(
    value << 1 ^ (_FIELD_POLYNOMIAL if value & 0b10000 else 0) for value in range(len(ALPHABET))
)
_TIMES_PRIMITIVE_TWICE = tuple(_TIMES_PRIMITIVE[value] for value in _TIMES_PRIMITIVE)
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_REMAINDERS_OF_PAIRS = tuple(
    _TIMES_PRIMITIVE[first] ^ second for first in range(len(ALPHABET)) for second in range(len(ALPHABET))
)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_CONFUSED = str.maketrans("OIL", "011")
_DASHES = dict.fromkeys(map(ord, "-‐‑‒–—―−_"))


def receipt_code(key: bytes, submission_id: str) -> str:
    """The receipt of ``submission_id`` under the campaign's receipt key (32 bytes)."""
    digest = hmac.digest(key, b"receipt\0" + submission_id.encode(), "sha256")
    high, low = int.from_bytes(digest[:5], "big"), int.from_bytes(digest[5:10], "big")
    a, b, c, d = high >> 30, high >> 20 & 0x3FF, high >> 10 & 0x3FF, high & 0x3FF
    e, f, g, h = low >> 30, low >> 20 & 0x3FF, low >> 10 & 0x3FF, low & 0x3E0  # room for the check character
    check = 0
    for pair in (a, b, c, d, e, f, g, h):
        check = _TIMES_PRIMITIVE_TWICE[check] ^ _REMAINDERS_OF_PAIRS[pair]
    text = _PAIRS
    return f"{text[a]}{text[b]}-{text[c]}{text[d]}-{text[e]}{text[f]}-{text[g]}{text[h | check]}"


def withdrawal_code(key: bytes, submission_id: str) -> str:
    """The withdrawal code of ``submission_id`` under the campaign's receipt key (32 bytes)."""
    digest = hmac.digest(key, b"withdrawal\0" + submission_id.encode(), "sha256")
    value = int.from_bytes(digest[:5], "big")
    a, b, c, d = value >> 30, value >> 20 & 0x3FF, value >> 10 & 0x3FF, value & 0x3E0
    check = 0
    for pair in (a, b, c, d):
        check = _TIMES_PRIMITIVE_TWICE[check] ^ _REMAINDERS_OF_PAIRS[pair]
    return f"{_PAIRS[a]}{_PAIRS[b]}-{_PAIRS[c]}{_PAIRS[d | check]}"


def normalise_receipt(text: str) -> str:
    """The receipt that somebody typed: small letters, no dashes, full-width forms, O for 0, I or L for 1.

    Raises Invalid when it can't be a receipt: one wrong character, or two that changed places, is noticed.
    """
    return _normalised(text, "receipt", "回执号", CODE_CHARS)


def normalise_withdrawal_code(text: str) -> str:
    """The withdrawal code that somebody typed; as ``normalise_receipt``."""
    return _normalised(text, "code", "撤回码", WITHDRAWAL_CHARS)


def _normalised(text: str, field: str, name: str, chars: int) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split()).translate(_DASHES)
    code = plain.upper().translate(_CONFUSED)
    if len(code) != chars:
        shape = _grouped("X" * chars)
        raise _invalid(field, f"{name}应为 {chars} 位字母和数字（形如 {shape}），收到 {len(code)} 位。")
    if not all(character in _VALUE for character in code):
        raise _invalid(field, f"{name}只含数字和除 I、L、O、U 以外的字母。")
    if _remainder(code) != 0:
        raise _invalid(field, f"{name}有误，请核对每一位。")
    return _grouped(code)


def _remainder(code: Iterable[str]) -> int:
    """Of the word as a polynomial over GF(32), divided by (x - a), with a primitive; 0 for a whole code.

    As 16 characters are fewer than a's order 31, every single error and every transposition shows.
    """
    remainder = 0
    for character in code:
        remainder = _TIMES_PRIMITIVE[remainder] ^ _VALUE[character]
    return remainder


def _grouped(code: str) -> str:
    return "-".join(code[place : place + GROUP_CHARS] for place in range(0, len(code), GROUP_CHARS))


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, [FieldProblem(field, message)], code=_CODES[field])


_CODES = {"receipt": "bad-receipt", "code": "bad-code"}
