"""The coded variables of a campaign as small numbers: how a submission's content becomes a row.

A variable with one answer is a number: 0 where there is none, else the place of its code in the definition,
from 1; of a ranking, what was put first is the answer. A multiple choice is a bit mask. A code that the present
definition doesn't have (an option was taken out) counts as no answer: the submission stays in the books, and in
the tables of its other variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.decoding import Content
from shared.campaign import Campaign, CodedAnswer, Variable

NO_ANSWER = 0
OPTIONS_LIMIT = 64
"""A mask has 64 bits."""


@dataclass(frozen=True, slots=True)
class Row:
    """``singles`` are the numbers of the single-answer variables; ``masks`` the multiple choices."""

    singles: Sequence[int]
    masks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Coded:
    """A variable, its ``place`` among the singles or masks of a row, and the number or bit of each code."""

    variable: Variable
    place: int
    numbers: Mapping[str, int]


class Coding:
    """Where the variables of one campaign stand in a row."""

    def __init__(self, campaign: Campaign) -> None:
        variables = campaign.variables()
        singles = [variable for variable in variables.values() if not variable.is_multiple]
        multiples = [variable for variable in variables.values() if variable.is_multiple]
        self.singles_count = len(singles)
        self.masks_count = len(multiples)
        self.variables: Mapping[str, Coded] = {
            coded.variable.name: coded
            for coded in (
                *(_single(variable, place) for place, variable in enumerate(singles)),
                *(_multiple(variable, place) for place, variable in enumerate(multiples)),
            )
        }
        self._questionnaires = {id: edition.questionnaire for id, edition in campaign.editions.items()}
        self._lines = {unit.id: unit.quota_line for unit in campaign.units.values()}
        self._questions = {
            edition.id: {
                question.id: self.variables[f"{edition.id}.{question.id}"]
                for question in edition.questionnaire.closed_questions
            }
            for edition in campaign.editions.values()
        }

    def row(self, content: Content) -> Row:
        """The row of ``content``."""
        singles, masks = [NO_ANSWER] * self.singles_count, [0] * self.masks_count
        self._put(singles, "unit", content.unit)
        self._put(singles, "quota_line", self._lines.get(content.unit))
        self._put(singles, "edition", content.edition)
        self._put(singles, "channel", content.channel)
        self._put(singles, "mode", content.mode)
        self._put(singles, "age_band", content.age_band)
        self._put(singles, "sex", content.sex)
        questions = self._questions.get(content.edition or "", {})
        for question, answer in self._answers(content).items():
            coded = questions.get(question)
            if coded is None:
                continue
            if coded.variable.is_multiple:
                masks[coded.place] = _mask(coded.numbers, answer)
            elif type(answer) is str:
                singles[coded.place] = coded.numbers.get(answer, NO_ANSWER)
            elif coded.variable.is_first_choice and answer:
                singles[coded.place] = coded.numbers.get(answer[0], NO_ANSWER)
        return Row(singles, masks)

    def _answers(self, content: Content) -> Mapping[str, CodedAnswer]:
        """The coded answers as those of today's questionnaire."""
        questionnaire = self._questionnaires.get(content.edition or "")
        if questionnaire is None or content.questionnaire_version in (None, questionnaire.version):
            return content.answers
        return questionnaire.brought_forward(content.questionnaire_version, content.answers)

    def _put(self, singles: list[int], name: str, code: str | None) -> None:
        coded = self.variables.get(name)
        if coded is not None and code is not None:
            singles[coded.place] = coded.numbers.get(code, NO_ANSWER)


def _single(variable: Variable, place: int) -> Coded:
    return Coded(variable, place, {code: number for number, code in enumerate(variable.labels, start=1)})


def _multiple(variable: Variable, place: int) -> Coded:
    if len(variable.labels) > OPTIONS_LIMIT:
        raise ValueError(f"{variable.name}: at most {OPTIONS_LIMIT} options, came {len(variable.labels)}")
    return Coded(variable, place, {code: 1 << bit for bit, code in enumerate(variable.labels)})


def _mask(numbers: Mapping[str, int], answer: str | list[str]) -> int:
    """The bits of all codes chosen; a code told twice counts once."""
    mask = 0
    for code in (answer,) if isinstance(answer, str) else answer:
        mask |= numbers.get(code, 0)
    return mask
