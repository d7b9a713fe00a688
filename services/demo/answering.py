"""How invented people answer: from their traits and circumstances, question by question.

The table at the end knows the questions of the Suzhou campaign. Any other question is answered at random, so
that the demo runs with every definition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from services.demo.population import Person
from services.demo.texts import free_text
from shared.campaign import Answer, Question, Questionnaire

Answerer = Callable[[Random, Person, Question], Answer]

_PARTNER_CODES = {"single": "a", "partnered": "b", "married": "c"}
_CHILD_CODES = {"none": "a", "infant": "b", "kindergarten": "c", "primary": "d", "secondary": "e"}
_HOME_CODES = {"owned": "a", "mortgaged": "b", "rented": "c", "dormitory": "d", "family": "e"}


def answer_all(
    random: Random, person: Person, questionnaire: Questionnaire, *, skip_share: float, text_share: float
) -> dict[str, Any]:
    """The person's answers: most of the optional closed questions, some of the open ones."""
    answers: dict[str, Any] = {}
    for question in questionnaire.questions:
        if not question.is_asked(answers):
            continue
        if question.is_closed:
            if question.is_required or random.random() >= skip_share:
                answers[question.id] = _closed(random, person, questionnaire, question)
        elif question.is_required or random.random() < text_share:
            answers[question.id] = free_text(random, person)[: question.max_length]
    return answers


def _closed(random: Random, person: Person, questionnaire: Questionnaire, question: Question) -> Answer:
    answerer = ANSWERERS.get(f"{questionnaire.id}.{question.id}", _anything)
    return answerer(random, person, question)


def _anything(random: Random, _person: Person, question: Question) -> Answer:
    codes = list(question.labels)
    match question.kind:
        case "single":
            return random.choice(codes)
        case "scale":
            return int(random.choice(codes))
    chosen = random.sample(codes, random.randint(1, question.max_choices))
    return chosen if question.kind == "ranking" else sorted(chosen)


def _scale(trait: str, *, shift: float = 0.0) -> Answerer:
    """Options run from good to bad; a person high in ``trait`` is likely to choose an early one.

    The level's place in a wider normal distribution decides, so that most answers are in the middle.
    """

    def answer(random: Random, person: Person, question: Question) -> str:
        level = random.gauss(getattr(person.traits, trait) + shift, 0.7)
        share = (1 + math.erf(-level / (1.9 * math.sqrt(2)))) / 2
        return question.options[min(int(share * len(question.options)), len(question.options) - 1)].code

    return answer


def _circumstance(name: str, codes: Mapping[str, str]) -> Answerer:
    """The option that is true of the person; ``name`` is one of Person's."""
    return lambda _random, person, _question: codes[getattr(person, name)]


def _wishes(weigh: Callable[[Person], Mapping[str, float]]) -> Answerer:
    """Up to ``max_choices`` options, by weight, without repetition (Efraimidis and Spirakis, 2006)."""

    def answer(random: Random, person: Person, question: Question) -> list[str]:
        keys = {code: random.random() ** (1 / weight) for code, weight in weigh(person).items()}
        chosen = sorted(keys, key=keys.__getitem__, reverse=True)[: random.randint(1, question.max_choices)]
        return sorted(chosen)

    return answer


def _general_wishes(person: Person) -> Mapping[str, float]:
    traits = person.traits
    return {
        "a": 3.0 * math.exp(-0.7 * traits.prosperity),
        "b": 1.2 * math.exp(-0.8 * traits.security),
        "c": 0.2 if person.child == "none" else 3.5,
        "d": 2.0 if person.age < 28 else 1.0,
        "e": 1.2 * math.exp(0.4 * traits.belonging),
        "f": 2.6 if person.home in ("rented", "dormitory") else 0.6,
        "g": 2.2 if person.partner == "single" and person.age > 23 else 0.2,
        "h": 0.15,
    }


def _special_wishes(person: Person) -> Mapping[str, float]:
    traits = person.traits
    return {
        "a": 3.0 * math.exp(-0.6 * traits.prosperity),
        "b": 1.4 * math.exp(-0.7 * traits.security),
        "c": 1.8 + 0.06 * (person.age - 30),
        "d": 1.8,
        "e": 1.9,
        "f": 1.2,
        "g": 0.2 if person.child == "none" else 2.4,
        "h": 1.2 if person.age < 28 else 0.5,
        "i": 1.8 if person.home in ("rented", "dormitory") else 0.4,
        "j": 1.6 if person.partner == "single" and person.age > 23 else 0.2,
    }


def _leisure(person: Person) -> Mapping[str, float]:
    is_woman = person.sex == "female"
    return {
        "a": 1.2 if is_woman else 2.4,
        "b": 1.0,
        "c": 1.9 if is_woman else 1.1,
        "d": 1.3,
        "e": 2.2 if person.partner == "single" else 0.2,
        "f": 1.0 + 0.08 * max(person.age - 28, 0),
    }


def _occupation(random: Random, person: Person, question: Question) -> str:
    """Women stream and deliver rather than drive."""
    shares = (30, 8, 24, 2, 28, 8) if person.sex == "female" else (36, 22, 24, 10, 3, 5)
    return random.choices(list(question.labels), shares)[0]


_SHARED: Mapping[str, Answerer] = {
    "q06": _circumstance("home", _HOME_CODES),
    "q08": _circumstance("partner", _PARTNER_CODES),
    "q09": _circumstance("child", _CHILD_CODES),
    "q11": _scale("belonging", shift=0.2),
}

ANSWERERS: Mapping[str, Answerer] = {
    **{f"general-2024.{id}": answerer for id, answerer in _SHARED.items()},
    "general-2024.q01": _scale("prosperity", shift=0.1),
    "general-2024.q02": _scale("security", shift=1.6),
    "general-2024.q03": _scale("security", shift=2.0),
    "general-2024.q04": _scale("security", shift=0.7),
    "general-2024.q05": _scale("belonging"),
    "general-2024.q07": _wishes(_general_wishes),
    "general-2024.q10": _wishes(_leisure),
    "general-2024.q13": _scale("belonging", shift=1.1),
    **{f"new-employment-2024.{id}": answerer for id, answerer in _SHARED.items()},
    "new-employment-2024.q01": _scale("prosperity"),
    "new-employment-2024.q02": _scale("security", shift=1.6),
    "new-employment-2024.q03": _scale("security", shift=0.7),
    "new-employment-2024.q04": _scale("prosperity", shift=0.2),
    "new-employment-2024.q05": _occupation,
    "new-employment-2024.q07": _wishes(_special_wishes),
    "new-employment-2024.q10": _scale("security", shift=0.9),
    "new-employment-2024.q13": _scale("belonging", shift=0.3),
}
"""By the questionnaire's and the question's ids."""
