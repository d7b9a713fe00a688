"""Invented submissions for benches: real questionnaires, answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import orjson

from services.demo.moments import HalfWay
from services.demo.population import Population
from services.demo.submitting import Forms
from services.demo.texts import free_text
from shared.campaign import Campaign, Question, Questionnaire, load_campaign, validate_answers

CAMPAIGN_FOLDER = Path("deploy/campaigns/suzhou-2024")
FORM_BYTES = 1500
ANSWER_COUNT = 20
NUMBER_MARK = b"<number>"
_NUMBERED_ID = f"tablet:{NUMBER_MARK.decode()}"


def load() -> Campaign:
    """The campaign of the benches."""
    return load_campaign(CAMPAIGN_FOLDER)


def numbered_forms(campaign: Campaign, channel: str, count: int) -> Iterator[tuple[bytes, bytes]]:
    """``count`` filled-in forms of about ``FORM_BYTES``, each cut where the number of its source id goes.

    Somebody who talks much: what is missing to that size is told in the free message.
    """
    random = Random(1)
    population = Population(random)
    forms = Forms(campaign, random, population, HalfWay(campaign, random))
    units = list(campaign.owing_units())
    for _ in range(count):
        unit, line = random.choice(units)
        person = population.person(line.edition)
        form = forms.offline(person, unit, channel) | {"source_id": _NUMBERED_ID}
        while len(content := orjson.dumps(form)) < FORM_BYTES:
            form["message"] = form.get("message", "") + free_text(random, person)
        before, _, after = content.partition(NUMBER_MARK)
        yield before, after


def short_answers(questionnaire: Questionnaire) -> Mapping[str, str | int | list[str]]:
    """As many as ODK Central's published figures are for: to what must be answered, then to what may be."""
    asked = [
        question for question in questionnaire.questions if not question.asked_when and question.is_choice
    ]
    asked.sort(key=lambda question: not question.is_required)
    answers: dict[str, str | int | list[str]] = {}
    for question in asked[:ANSWER_COUNT]:
        code = question.options[-1].code
        answers[question.id] = _answer(question, code)
    problems = validate_answers(questionnaire, answers)
    assert not problems, problems
    return answers


def _answer(question: Question, code: str) -> str | int | list[str]:
    if question.kind == "scale":
        return int(code)
    return [code] if question.kind in ("multiple", "ranking") else code
