"""A questionnaire, and what counts as an answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

TEXT_LIMIT_CHARS = 2000
"""The longest free answer; a questionnaire may set a shorter limit for a question."""

QuestionKind = Literal["single", "multiple", "scale", "ranking", "text"]

Answer = str | int | list[str]
"""A code, a point of a scale, codes (those of a ranking in its order), or text."""

Acceptor = Callable[[object], bool]
"""Says whether a value is a permissible answer; TypeError for one that has no hash, as no code does.

Every submission meets some dozens of them, so they are looked up once, and have no loops of their own.
"""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a closed question: its code in the data, its label on the form."""

    code: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question.

    ``max_choices`` is for ``multiple`` and ``ranking``, ``max_length`` (characters) for ``text``. The options of a
    ``scale`` are its points: their codes are the numbers that people answer with. ``asked_when``: questions that
    come before it, and for each the codes of which one must have been chosen; else this one isn't asked.
    """

    id: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...] = ()
    is_required: bool = False
    max_choices: int = 1
    max_length: int = TEXT_LIMIT_CHARS
    asked_when: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        """Whether the answer is a code (or codes) from a list."""
        return self.kind != "text"

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Option code to label, in the order of the form."""
        return {option.code: option.label for option in self.options}

    @cached_property
    def codes(self) -> frozenset[str]:
        """All option codes."""
        return frozenset(self.labels)

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
            case _:
                return self._accepts_choices

    def is_asked(self, answers: Mapping[str, object]) -> bool:
        """Whether what was answered before leads to this question."""
        return all(
            not codes.isdisjoint(_codes_of(answers.get(question_id)))
            for question_id, codes in self.asked_when.items()
        )

    def _accepts_point(self, value: object) -> bool:
        return type(value) is int and str(value) in self.codes

    def _accepts_text(self, value: object) -> bool:
        return type(value) is str and len(value) <= self.max_length

    def _accepts_choices(self, values: object) -> bool:
        if type(values) is not list:
            return False
        distinct = frozenset(values)
        return len(distinct) == len(values) <= self.max_choices and distinct <= self.codes


@dataclass(frozen=True)
class Questionnaire:
    """The questions of one edition. ``requires``: the respondent fields that can't be left out."""

    id: str
    edition: str
    version: str
    title: str
    requires: tuple[str, ...]
    questions: tuple[Question, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        """The questions by their ids, in the order of the form."""
        return {question.id: question for question in self.questions}

    @cached_property
    def acceptors(self) -> Mapping[str, Acceptor]:
        """What tells the permissible answers, by the questions' ids."""
        return {question.id: question.acceptor for question in self.questions}

    @cached_property
    def conditional_questions(self) -> tuple[Question, ...]:
        """The questions that aren't put to everybody."""
        return tuple(question for question in self.questions if question.asked_when)

    @cached_property
    def scales(self) -> tuple[Question, ...]:
        """The questions that are answered with a number."""
        return tuple(question for question in self.questions if question.kind == "scale")

    @cached_property
    def required_questions(self) -> tuple[Question, ...]:
        """The questions that can't be left out."""
        return tuple(question for question in self.questions if question.is_required)

    @property
    def closed_questions(self) -> tuple[Question, ...]:
        """The questions with coded answers."""
        return tuple(question for question in self.questions if question.is_closed)


def other_id(question_id: str) -> str:
    """The id of the question for the words behind the option «other», as XLSForm has it."""
    return f"{question_id}_other"


def _codes_of(answer: object) -> frozenset[str]:
    """What was chosen; nothing where the answer is none that could be."""
    if isinstance(answer, str | int):
        return frozenset({str(answer)})
    return (
        frozenset(code for code in answer if isinstance(code, str))
        if isinstance(answer, list)
        else frozenset()
    )
