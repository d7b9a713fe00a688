"""How invented people answer a questionnaire: question by question, from their traits and circumstances.

The Suzhou campaign's questions are known. Any other question is answered at random, so that the demo runs with
every definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from services.demo.answers_general import GENERAL
from services.demo.answers_special import SPECIAL
from services.demo.population import Person
from services.demo.texts import free_text
from services.demo.ways import Answerer, anything
from shared.campaign import Questionnaire

ANSWERERS: Mapping[str, Mapping[str, Answerer]] = {"general-2024": GENERAL, "new-employment-2024": SPECIAL}
"""By the questionnaire's and the question's ids; all but the open questions."""


def answer_all(
    random: Random, person: Person, questionnaire: Questionnaire, *, skip_share: float, text_share: float
) -> dict[str, Any]:
    """The person's answers: most of the optional closed questions, some of the open ones."""
    known = ANSWERERS.get(questionnaire.id, {})
    answers: dict[str, Any] = {}
    for question in questionnaire.questions:
        if question.asked_when and not question.is_asked(answers):
            continue
        if question.kind == "text" and question.id not in known:
            if question.is_required or random.random() < text_share:
                answers[question.id] = free_text(random, person)[: question.max_length]
        elif question.is_required or random.random() >= skip_share:
            answers[question.id] = known.get(question.id, anything)(random, person, question)
    return answers
