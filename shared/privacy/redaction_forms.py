"""The plain forms of a text in which redaction searches, and what it finds there.

Both forms are as long as the text, character for character, so that a place in one is a place in all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NAME, EMPLOYER, ADDRESS, PHONE, MAIL = "〔姓名〕", "〔单位〕", "〔地址〕", "〔电话〕", "〔邮箱〕"
CHAT, PLATE, PAPER, CARD, NUMBER = "〔微信或QQ号〕", "〔车牌〕", "〔证件号〕", "〔银行卡号〕", "〔号码〕"
PLACEHOLDERS = (NAME, EMPLOYER, ADDRESS, PHONE, MAIL, CHAT, PLATE, PAPER, CARD, NUMBER)

NUMBER_MASK, WORD_MASK = "\0", "\1"
"""What stands for a detail already found; no form has these characters of its own."""

_WORDS = {NAME, EMPLOYER, ADDRESS}
_HAN_DIGITS = {
    ord(digit): value
    for digit, value in zip(
        "〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789", strict=True
    )
}


_BEGINS_WORD = re.compile(
    "(?<=[0-9])(?:一(?=[直共般样起些旦切定向律致同边点下到来])|零(?=[点星])"
    "|[一二三四五六七八九](?=车间|[班楼组线期厂区处方成更番维连]))"
)
"""Who writes a number in digits ends it in digits: what a word can begin with isn't its last one."""
_WORD_BEGINNING = "~"


class Span(NamedTuple):
    """A detail: from ``start`` up to ``end``, in characters, and what is put in its place."""

    start: int
    end: int
    placeholder: str


class _Plain(dict[int, str]):
    """Maps a character to its plain form, one character for one; fills itself as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(character: str) -> str:
    form = unicodedata.normalize("NFKC", character).lower()
    if len(form) != 1:
        form = character
    digit = unicodedata.digit(form, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(form)
    if form.isspace() or category in {"Cc", "Cf"}:
        return " "
    if category == "Pd" or form == "−":
        return "-"
    return form


_plain_forms = _Plain()


def plain_form(text: str) -> str:
    """``text`` with full-width forms, digits of other scripts, dashes, blanks and capitals made plain."""
    return text.translate(_plain_forms)


def digit_form(plain: str) -> str:
    """A plain form in which Chinese numerals are digits too."""
    return plain.translate(_HAN_DIGITS)


def number_form(plain: str) -> str:
    """Likewise, but a numeral behind digits that begins a word is none of them: 20240621一直."""
    return digit_form(_BEGINS_WORD.sub(_WORD_BEGINNING, plain))


def masked(form: str, spans: Iterable[Span]) -> str:
    """``form`` with a mask at every place of ``spans``: numbers and words have masks of their own."""
    characters: list[str] | None = None
    for start, end, placeholder in spans:
        characters = characters if characters is not None else list(form)
        characters[start:end] = (WORD_MASK if placeholder in _WORDS else NUMBER_MASK) * (end - start)
    return form if characters is None else "".join(characters)


def replaced(text: str, spans: Sequence[Span]) -> str:
    """``text`` with the placeholders in it."""
    pieces: list[str] = []
    done = 0
    for start, end, placeholder in sorted(spans):
        pieces += (text[done:start], placeholder)
        done = end
    return "".join((*pieces, text[done:]))
