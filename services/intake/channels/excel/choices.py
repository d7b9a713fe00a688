"""Choices in a cell: labels or codes, alone or several, with the words behind «other». Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.intake.channels.excel.cells import CellProblem, Value, code_text, nfkc, text_of
from services.intake.channels.excel.columns import Column
from shared.forms.cells import plain_cell

ECHO_LIMIT_CHARS = 8
"""A longer text in a closed column may be a name or a telephone: it isn't quoted."""
_LISTED_LIMIT_COUNT = 20

_BETWEEN = re.compile(r"[,，;；/／|｜、>＞→\r\n]+")
_BEFORE_WORDS = re.compile(r"[:：(（]")
_MARKS = str.maketrans("“”‘’", "\"\"''")


class WithWords(NamedTuple):
    """What was chosen, and the words behind «other»."""

    chosen: str | list[str]
    words: str


class Choices:
    """The list of one column."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._codes = codes_by_name(column.labels)
        self._most_pieces = 1 + max((key.count("、") for key in self._codes), default=0)

    def one(self, value: Value) -> str | WithWords | None:
        """The code of one choice; None where the cell is blank."""
        text = plain_cell(code_text(value)).strip()
        if not text:
            return None
        code = self._codes.get(key_of(text))
        if code is not None:
            return code
        words = self._other_words(text)
        if words is None:
            raise self._unknown(text)
        return WithWords(self._column.other or "", words)

    def several(self, value: Value) -> list[str] | WithWords | None:
        """The codes of several, in their order. What follows «other:» are its words, to the end."""
        text = plain_cell(code_text(value))
        pieces = list(_pieces(text))
        codes: list[str] = []
        place = 0
        while place < len(pieces):
            words = self._other_words(text[pieces[place][0] :])
            if words is not None:
                return WithWords(_distinct([*codes, self._column.other or ""]), words)
            code, place = self._next(pieces, place)
            codes.append(code)
        return _distinct(codes) or None

    def point(self, value: Value) -> int | None:
        """A point of a scale."""
        code = self.one(value)
        return None if code is None else int(str(code))

    def _next(self, pieces: list[tuple[int, str]], place: int) -> tuple[str, int]:
        """The choice at ``place`` and where the next begins: a label may have separators of its own."""
        for end in range(min(len(pieces), place + self._most_pieces), place, -1):
            code = self._codes.get(key_of("、".join(text for _, text in pieces[place:end])))
            if code is not None:
                return code, end
        raise self._unknown(pieces[place][1])

    def _other_words(self, text: str) -> str | None:
        """What stands behind the label or code of «other»; None where that isn't it."""
        found = _BEFORE_WORDS.search(text)
        if self._column.other is None or found is None:
            return None
        if self._codes.get(key_of(text[: found.start()])) != self._column.other:
            return None
        words = text[found.end() :].strip()
        if found[0] in "(（":
            words = words.removesuffix("）").removesuffix(")")
        return text_of(words, self._column.limit_chars) or None

    def _unknown(self, text: str) -> CellProblem:
        echo = f"“{text}”" if len(text) <= ECHO_LIMIT_CHARS else "所填的内容"
        return CellProblem(f"没有{echo}这个选项，应为 {self._listed()} 之一")

    def _listed(self) -> str:
        labels = [
            label if label == code else f"{label}（{code}）" for code, label in self._column.labels.items()
        ]
        rest = "……" if len(labels) > _LISTED_LIMIT_COUNT else ""
        return "、".join(labels[:_LISTED_LIMIT_COUNT]) + rest


def codes_by_name(names: Mapping[str, str]) -> dict[str, str]:
    """From the key of every code and name to the code; a name that two have is left out."""
    codes: dict[str, str] = {}
    ambiguous = set()
    for code, name in names.items():
        if codes.setdefault(key_of(name), code) != code:
            ambiguous.add(key_of(name))
    for key in ambiguous:
        del codes[key]
    for code, name in names.items():
        codes.update(dict.fromkeys(map(key_of, _with_code(code, name)), code))
    return codes


def key_of(text: str) -> str:
    """Case, width, blanks, quotation marks and kinds of separators don't tell names apart."""
    return "".join(_BETWEEN.sub("、", nfkc(text).strip()).translate(_MARKS).split()).casefold()


def _with_code(code: str, name: str) -> Iterator[str]:
    """``a``, ``a.label``; not ``1.label``, which may be another number."""
    yield code
    if not any(character.isdigit() for character in code):
        yield from (f"{code}{mark}{name}" for mark in ("", ".", "、", ":", ")"))
    yield f"{name}({code})"


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """What stands between separators, with where it begins."""
    begin = 0
    for mark in (*_BETWEEN.finditer(text), None):
        end = len(text) if mark is None else mark.start()
        if piece := text[begin:end].strip():
            yield begin, piece
        begin = len(text) if mark is None else mark.end()


def _distinct(codes: list[str]) -> list[str]:
    return list(dict.fromkeys(codes))
