"""Ways of answering one question, made from a person's traits and circumstances. Cheap: a demo asks millions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from random import Random

from services.demo.population import Person
from shared.campaign import Answer, Question

Answerer = Callable[[Random, Person, Question], Answer]

Weights = Callable[[Person], Mapping[str, float]]
"""How likely each option is for a person, beside the others."""

_CERTAINTY = 1.9 * math.sqrt(2)
_LATEST_DAYS = 115  # before a question's last day: nobody began after the campaign did
_FIRST_OF_MONTH_SHARE = 0.7


def fixed(**weights: float) -> Weights:
    """The same for everybody."""
    return lambda _person: weights


def ordered(
    trait: str, *, shift: float = 0.0, aside: int = 0, aside_share: float = 0.05, rising: bool = False
) -> Answerer:
    """Options run from good to bad (from little to much if ``rising``); a person high in ``trait`` is likely to
    choose one at the good end (at the far end).

    The last ``aside`` options stand beside that order («don't know») and have ``aside_share`` together.
    """

    def answer(random: Random, person: Person, question: Question) -> str:
        count = len(question.options) - aside
        if aside and random.random() < aside_share:
            return question.options[count + int(random.random() * aside)].code
        return question.options[_step(random, person, trait, shift, count, rising=rising)].code

    return answer


def point(trait: str, *, shift: float = 0.0) -> Answerer:
    """A point of a scale, the higher the more of ``trait`` the person has."""

    def answer(random: Random, person: Person, question: Question) -> int:
        step = _step(random, person, trait, shift, len(question.options), rising=True)
        return int(question.options[step].code)

    return answer


def _step(random: Random, person: Person, trait: str, shift: float, count: int, *, rising: bool) -> int:
    """The level's place in a wider normal distribution decides, so that most answers are in the middle."""
    level = random.gauss(getattr(person.traits, trait) + shift, 0.7)
    share = (1 + math.erf((level if rising else -level) / _CERTAINTY)) / 2
    return min(int(share * count), count - 1)


def circumstance(name: str, codes: Mapping[str, str]) -> Answerer:
    """The option that is true of the person; ``name`` is one of Person's."""
    return lambda _random, person, _question: codes[getattr(person, name)]


def one_of(weigh: Weights) -> Answerer:
    """One option, by weight."""

    def answer(random: Random, person: Person, _question: Question) -> str:
        weights = weigh(person)
        return random.choices(list(weights), list(weights.values()))[0]

    return answer


def wishes(weigh: Weights) -> Answerer:
    """Up to ``max_choices`` options, by weight."""
    return lambda random, person, question: sorted(_drawn(random, weigh(person), question))


def ranked(weigh: Weights) -> Answerer:
    """The same, the heaviest first as a rule."""
    return lambda random, person, question: _drawn(random, weigh(person), question)


def _drawn(random: Random, weights: Mapping[str, float], question: Question) -> list[str]:
    """Without repetition (Efraimidis and Spirakis, 2006)."""
    keys = {code: random.random() ** (1 / weight) for code, weight in weights.items()}
    chosen = sorted(keys, key=keys.__getitem__, reverse=True)[: random.randint(1, question.max_choices)]
    if question.alone.isdisjoint(chosen):
        return chosen
    return chosen[:1] if chosen[0] in question.alone else [c for c in chosen if c not in question.alone]


def amount(trait: str, mean: float, *, slope: float, spread: float, step: float = 1) -> Answerer:
    """A number about ``mean``, to ``step``, which changes by ``slope`` for each unit of ``trait``."""

    def answer(random: Random, person: Person, question: Question) -> float:
        least, greatest = question.limits
        found: float = random.gauss(mean + slope * getattr(person.traits, trait), spread)
        steps: int = round(min(max(found, least), greatest) / step)
        return steps if question.kind == "integer" else round(steps * step, 3)

    return answer


def began(mean_years: float) -> Answerer:
    """The day on which something began, that one can't do before the age of 18; often told by the month alone."""

    def answer(random: Random, person: Person, question: Question) -> str:
        years = min(random.expovariate(1 / mean_years), max(person.age - 18, 0.1))
        latest = date.fromisoformat(question.limits[1]).toordinal() - _LATEST_DAYS
        day = date.fromordinal(latest - int(365.25 * years))
        return (day.replace(day=1) if random.random() < _FIRST_OF_MONTH_SHARE else day).isoformat()

    return answer


def words(*some: str) -> Answerer:
    """A few words."""
    return lambda random, _person, _question: random.choice(some)


def anything(random: Random, _person: Person, question: Question) -> Answer:
    """What nobody can tell anything about: some permissible answer."""
    codes = list(question.labels)
    match question.kind:
        case "single":
            return random.choice(codes)
        case "scale":
            return int(random.choice(codes))
        case "integer" | "decimal":
            least, greatest = question.limits
            return random.randint(math.ceil(least), math.floor(greatest))
        case "date":
            return began(3)(random, _person, question)
        case "multiple" | "ranking":
            chosen = _drawn(random, dict.fromkeys(codes, 1.0), question)
            return chosen if question.kind == "ranking" else sorted(chosen)
    raise AssertionError(f"no words for a question of kind {question.kind}")
