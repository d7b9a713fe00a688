"""One question of a questionnaire, and what counts as an answer to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

TEXT_LIMIT_CHARS = 2000
"""The longest free answer; a questionnaire may set a shorter limit for a question."""

NUMBER_LIMIT = 10**12
"""Numbers are between minus this and this where a questionnaire sets no limits."""

QuestionKind = Literal["single", "multiple", "scale", "ranking", "integer", "decimal", "date", "text"]

CHOICE_KINDS = frozenset({"single", "multiple", "scale", "ranking"})
"""The kinds that are answered from a list, shown as it is in ``options``."""

Answer = str | int | float | list[str]
"""A code, a point of a scale, codes (those of a ranking in its order), a number, a date (``2024-05-10``), or text."""

CodedAnswer = str | list[str]
"""What stands for an answer in the data: a code, or codes."""

Bound = int | float | str
"""A number, or a date as text."""

Acceptor = Callable[[object], bool]
"""Says whether a value is a permissible answer; TypeError for one that has no hash, as no code does.

Every submission meets some dozens of them, so they are looked up once, and have no loops of their own.
"""

Coder = Callable[[Any], str]
"""From a permissible answer to the code that stands for it in the data."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a closed question: its code in the data, its label on the form."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """That a question is one row of a grid: the grid's id and text, and the row's own label.

    Rows of a grid stand together and share their options; only forms need to know that they are one.
    """

    id: str
    text: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question.

    ``max_choices`` and ``alone`` (codes that go with no other) are for ``multiple`` and ``ranking``, ``max_length``
    (characters) for ``text``, ``minimum`` and ``maximum`` (both permissible) for ``integer``, ``decimal`` and ``date``.
    The options of a ``scale`` are its points: their codes are the numbers that people answer with. The options of an
    ``integer``, ``decimal`` or ``date`` are its bands, which stand for the exact answer in the data: each but the first
    begins at the next of ``band_starts``.

    ``message`` tells what is asked for to somebody whose answer isn't permissible. ``asked_when``: questions that
    come before it, and for each the codes of which one must have been chosen; else this one isn't asked.
    """

    id: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...] = ()
    is_required: bool = False
    max_choices: int = 1
    alone: frozenset[str] = frozenset()
    max_length: int = TEXT_LIMIT_CHARS
    asked_when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hint: str | None = None
    message: str | None = None
    section: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    band_starts: tuple[Bound, ...] = ()
    grid: GridRow | None = None

    @property
    def is_closed(self) -> bool:
        """Whether a code (or codes) from a list stands for the answer in the data."""
        return bool(self.options)

    @property
    def is_choice(self) -> bool:
        """Whether people answer it from a list."""
        return self.kind in CHOICE_KINDS

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Option code to label, in the order of the form."""
        return {option.code: option.label for option in self.options}

    @cached_property
    def codes(self) -> frozenset[str]:
        """All option codes."""
        return frozenset(self.labels)

    @property
    def limits(self) -> tuple[Any, Any]:
        """The least and the greatest permissible number or date."""
        least, greatest = ("", "9999-12-31") if self.kind == "date" else (-NUMBER_LIMIT, NUMBER_LIMIT)
        return (
            least if self.minimum is None else self.minimum,
            greatest if self.maximum is None else self.maximum,
        )

    @property
    def acceptor(self) -> Acceptor:
        """Tells the permissible answers. Knows no reasons: ``validate_answers`` finds those."""
        match self.kind:
            case "single":
                return self.codes.__contains__
            case "scale":
                return self._accepts_point
            case "text":
                return self._accepts_text
            case "integer" | "decimal":
                return _number_acceptor(self.kind, *self.limits)
            case "date":
                return _date_acceptor(*self.limits)
            case _:
                return self._accepts_choices

    @property
    def coder(self) -> Coder | None:
        """Gives the code of an answer that isn't a code itself; None where there is nothing to code."""
        if self.kind == "scale":
            return str
        if self.is_choice or not self.options:
            return None
        codes, starts = tuple(self.labels), self.band_starts
        return lambda value: codes[bisect_right(starts, value)]

    def is_asked(self, answers: Mapping[str, object]) -> bool:
        """Whether what was answered before leads to this question."""
        for question_id, codes in self.asked_when.items():
            answer = answers.get(question_id)
            if answer not in codes if type(answer) is str else codes.isdisjoint(_codes_of(answer)):
                return False
        return True

    def _accepts_point(self, value: object) -> bool:
        return type(value) is int and str(value) in self.codes

    def _accepts_text(self, value: object) -> bool:
        return type(value) is str and len(value) <= self.max_length

    def _accepts_choices(self, values: object) -> bool:
        if type(values) is not list:
            return False
        distinct = frozenset(values)
        if not (len(distinct) == len(values) <= self.max_choices and distinct <= self.codes):
            return False
        return len(distinct) < 2 or self.alone.isdisjoint(distinct)


def is_iso_date(value: str) -> bool:
    """Whether it is a day of the calendar, written ``2024-05-10``."""
    if not _DATE.match(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NUMBER_TYPES: Mapping[str, frozenset[type]] = {
    "integer": frozenset({int}),
    "decimal": frozenset({int, float}),
}


def _number_acceptor(kind: str, least: Any, greatest: Any) -> Acceptor:
    types = _NUMBER_TYPES[kind]  # by exact type: True is no number here

    def accepts(value: Any) -> bool:
        return type(value) in types and least <= value <= greatest

    return accepts


def _date_acceptor(least: str, greatest: str) -> Acceptor:
    def accepts(value: object) -> bool:
        # In this notation texts have the order of the days.
        return type(value) is str and least <= value <= greatest and is_iso_date(value)

    return accepts


def _codes_of(answer: object) -> frozenset[str]:
    """What was chosen; nothing where the answer is none that could be."""
    if isinstance(answer, str | int):
        return frozenset({str(answer)})
    if isinstance(answer, list):
        return frozenset(code for code in answer if isinstance(code, str))
    return frozenset()
