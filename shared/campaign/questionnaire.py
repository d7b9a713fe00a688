"""A questionnaire: the questions of one edition, its earlier versions, and what of the answers may flow on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from shared.campaign.question import Acceptor, Answer, CodedAnswer, Coder, Question
from shared.errors import FieldProblem, Invalid


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a questionnaire."""

    id: str
    title: str


@dataclass(frozen=True)
class Questionnaire:
    """The questions of one edition. ``requires``: the respondent fields that can't be left out.

    A grid's rows are questions like others. Sections are in the order of their questions; a short questionnaire
    may have none. ``earlier`` is what was asked before this version; forms of then may still come in.
    """

    id: str
    edition: str
    version: str
    title: str
    requires: tuple[str, ...]
    questions: tuple[Question, ...]
    sections: tuple[Section, ...] = ()
    earlier: Earlier | None = None

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
    def required_questions(self) -> tuple[Question, ...]:
        """The questions that can't be left out."""
        return tuple(question for question in self.questions if question.is_required)

    @property
    def closed_questions(self) -> tuple[Question, ...]:
        """The questions with coded answers."""
        return tuple(question for question in self.questions if question.is_closed)

    def in_sections(self) -> Iterator[tuple[Section | None, tuple[Question, ...]]]:
        """The questions section by section, in the order of the form; None where there are no sections."""
        titles = {section.id: section for section in self.sections}
        for id, questions in groupby(self.questions, key=lambda question: question.section):
            yield (None if id is None else titles[id]), tuple(questions)

    @cached_property
    def versions(self) -> Mapping[str, Questionnaire]:
        """This version and all earlier ones, by the version."""
        earlier = {} if self.earlier is None else self.earlier.questionnaire.versions
        return {self.version: self, **earlier}

    def of_version(self, version: str | None) -> Questionnaire:
        """The questionnaire as it was in ``version``; this one for None.

        Raises Invalid with the code ``unknown-form-version``: a form may be right whose version isn't known yet.
        """
        if version is None:
            return self
        try:
            return self.versions[version]
        except KeyError:
            reason = f"没有这一版问卷，应为 {'、'.join(self.versions)} 之一"
            problems = [FieldProblem("questionnaire_version", reason)]
            raise Invalid("不认识所填问卷的版本。", problems, code="unknown-form-version") from None

    def flowing(
        self, answers: Mapping[str, Answer], version: str | None = None
    ) -> tuple[dict[str, CodedAnswer], dict[str, Answer]]:
        """What may flow on of permissible ``answers``, coded, and what has to be sealed, as it was given.

        An exact number or date is like a text: it can tell who gave it. Where it has a band, the band flows on,
        and the exact answer is sealed all the same. Answers to an earlier ``version`` become answers to this one.
        """
        if version is None or version == self.version:
            return self._split(answers)
        coded, written = self.of_version(version)._split(answers)
        return self.brought_forward(version, coded), self._renamed(version, written)

    def brought_forward(
        self, version: str | None, coded: Mapping[str, CodedAnswer]
    ) -> dict[str, CodedAnswer]:
        """Coded answers to ``version`` as answers to this one; as they are where the version isn't known."""
        if self.earlier is None or version is None or version == self.version:
            return dict(coded)
        return self.earlier.translated(self.earlier.questionnaire.brought_forward(version, coded))

    def _renamed(self, version: str, written: dict[str, Answer]) -> dict[str, Answer]:
        if self.earlier is None or version == self.version:
            return written
        return self.earlier.renamed(self.earlier.questionnaire._renamed(version, written))

    def _split(self, answers: Mapping[str, Answer]) -> tuple[dict[str, CodedAnswer], dict[str, Answer]]:
        coded: dict[str, Any] = dict(answers)
        written: dict[str, Answer] = {}
        for id, code in self._written:
            if id in coded:
                written[id] = coded.pop(id)
                if code is not None:
                    coded[id] = code(written[id])
        for id in self._scales:
            if id in coded:
                coded[id] = str(coded[id])
        return coded, written

    @cached_property
    def _written(self) -> tuple[tuple[str, Coder | None], ...]:
        return tuple((question.id, question.coder) for question in self.questions if not question.is_choice)

    @cached_property
    def _scales(self) -> tuple[str, ...]:
        return tuple(question.id for question in self.questions if question.kind == "scale")


@dataclass(frozen=True)
class Earlier:
    """The questionnaire that was replaced, and what became of it.

    ``questions``: old ids and their new ones, ``options``: by old ids, old codes and their new ones; None where there
    is none any more. What isn't named has stayed.
    """

    questionnaire: Questionnaire
    questions: Mapping[str, str | None]
    options: Mapping[str, Mapping[str, str | None]]

    def translated(self, coded: Mapping[str, CodedAnswer]) -> dict[str, CodedAnswer]:
        """Coded answers to the old questionnaire as answers to the new one; without what has no place in it."""
        answers: dict[str, CodedAnswer] = {}
        for old_id, answer in coded.items():
            new_id = self.questions.get(old_id, old_id)
            codes = self.options.get(old_id)
            found = answer if codes is None else _recoded(codes, answer)
            if new_id is not None and found is not None:
                answers[new_id] = found
        return answers

    def renamed(self, written: Mapping[str, Answer]) -> dict[str, Answer]:
        """Words, numbers and dates under their new ids; what nobody asks for any more keeps the old one."""
        return {self.questions.get(old_id) or old_id: answer for old_id, answer in written.items()}


def _recoded(codes: Mapping[str, str | None], answer: CodedAnswer) -> CodedAnswer | None:
    if isinstance(answer, list):
        found = (codes.get(code, code) for code in answer)
        return list(dict.fromkeys(code for code in found if code is not None)) or None
    return codes.get(answer, answer)


def other_id(question_id: str) -> str:
    """The id of the question for the words behind the option «other», as XLSForm has it."""
    return f"{question_id}_other"


def row_id(grid_id: str, row: str) -> str:
    """The id of the question that a row of a grid is."""
    return f"{grid_id}_{row}"
