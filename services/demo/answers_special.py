"""How invented riders, drivers, couriers and streamers answer their edition of Suzhou's campaign.

Numbers are composed, from no survey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from services.demo.answers_general import CHILD, HOME, PARTNER, UNION, hukou, politics, satisfied
from services.demo.population import Person
from services.demo.ways import Answerer, amount, began, fixed, one_of, ordered, point, ranked, wishes, words


def _occupation(person: Person) -> Mapping[str, float]:
    """Women stream and deliver rather than drive."""
    if person.sex == "female":
        return {"a": 30, "b": 8, "c": 24, "d": 2, "e": 28, "f": 8}
    return {"a": 36, "b": 22, "c": 24, "d": 10, "e": 3, "f": 5}


def _contract(person: Person) -> Mapping[str, float]:
    security = math.exp(0.5 * person.traits.security)
    return {"a": 0.8 * security, "b": 3.2, "c": 3.0, "d": 1.2 * security, "e": 0.8, "f": 0.5, "g": 0.7}


def _accidents(person: Person) -> Mapping[str, float]:
    risk = math.exp(-0.4 * person.traits.security)
    return {"a": 6.0, "b": 1.2, "c": 1.3 * risk, "d": 0.4}


def _disputes(person: Person) -> Mapping[str, float]:
    risk = math.exp(-0.5 * person.traits.security)
    return {"a": 1.4 * risk, "b": 1.5 * risk, "c": 6.0, "d": 0.5}


def _helper(person: Person) -> Mapping[str, float]:
    belonging = person.traits.belonging
    return {
        "a": 3.0,
        "b": 2.2,
        "c": 1.0 * math.exp(0.8 * belonging),
        "d": 1.0,
        "e": 1.3,
        "f": 1.4,
        "g": 0.6,
        "h": 1.0 * math.exp(-0.5 * belonging),
    }


def _lessons(person: Person) -> Mapping[str, float]:
    return {
        "a": 1.6 if person.age < 28 else 0.6,
        "b": 1.8,
        "c": 1.6,
        "d": 1.4 if person.sex == "male" else 2.6,
        "e": 1.4 if person.sex == "male" else 0.4,
        "f": 1.4,
        "g": 1.3,
        "h": 0.08,
    }


def _motives(person: Person) -> Mapping[str, float]:
    return {
        "a": 3.0,
        "b": 1.8 * math.exp(0.5 * person.traits.prosperity),
        "c": 1.8,
        "d": 2.2,
        "e": 0.6,
        "f": 1.5 * math.exp(-0.5 * person.traits.prosperity),
        "g": 0.4 if person.child == "none" else 1.6,
    }


def _plans(person: Person) -> Mapping[str, float]:
    content = math.exp(0.6 * person.traits.prosperity)
    return {"a": 4.0 * content, "b": 0.6, "c": 0.7, "d": 1.8, "e": 1.0, "f": 0.8, "g": 1.4}


def _pressures(person: Person) -> Mapping[str, float]:
    return {
        "a": 2.8 * math.exp(-0.5 * person.traits.prosperity),
        "b": 2.2,
        "c": 1.8,
        "d": 2.0,
        "e": 1.4 if person.home in ("rented", "dormitory", "mortgaged") else 0.3,
        "f": 0.1 if person.child == "none" else 2.4,
        "g": 1.2 if person.partner == "single" and person.age > 23 else 0.2,
        "h": 1.0 * math.exp(-0.5 * person.traits.prosperity),
        "i": 0.2,
    }


def _needs(person: Person) -> Mapping[str, float]:
    """The union's help that is wanted."""
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


def _insured(shift: float) -> Answerer:
    """As an employee, by oneself, not at all; don't know."""
    return ordered("security", shift=shift, aside=1)


SPECIAL: Mapping[str, Answerer] = {
    "q05": one_of(_occupation),
    "q05_other": words("代驾", "家政", "同城货运", "跑腿"),
    "q16": one_of(fixed(a=78, b=10, c=9, d=3)),
    "q17": began(2.5),
    "q18": one_of(fixed(a=30, b=10, c=20, d=9, e=11, f=5, g=10, h=5)),
    "q19": ordered("prosperity", shift=-0.2, rising=True),
    "q20": one_of(hukou),
    "q21": one_of(politics),
    "q22": ordered("belonging"),
    "q03": ordered("security", shift=0.7),
    "q23": one_of(_contract),
    "q24": amount("security", 1.4, slope=-0.2, spread=0.7),
    "q04": amount("prosperity", 10, slope=-0.4, spread=1.6, step=0.5),
    "q25": amount("security", 3.5, slope=0.8, spread=2.5),
    "q26_orders": satisfied("prosperity", 0.1),
    "q26_price": satisfied("prosperity", -0.4),
    "q26_time": satisfied("security", 0.2),
    "q26_fines": satisfied("security", 0.0),
    "q26_appeal": satisfied("security", 0.0),
    "q26_safety": satisfied("security", 0.6),
    "q27": ordered("belonging", shift=-0.2, aside=1, aside_share=0.25),
    "q28": point("belonging", shift=0.3),
    "q01": ordered("prosperity"),
    "q29": ordered("prosperity", shift=0.2, aside=1, aside_share=0.07, rising=True),
    "q02": ordered("security", shift=1.6),
    "q30": ordered("prosperity", shift=-0.4, aside=1, aside_share=0.12),
    "q10": ordered("security", shift=0.9),
    "q31_pension": _insured(0.6),
    "q31_medical": _insured(0.8),
    "q31_jobless": _insured(0.0),
    "q31_housing": _insured(-0.3),
    "q32": one_of(_accidents),
    "q33": one_of(_disputes),
    "q34": wishes(fixed(a=2.5, b=2.2, c=2.4, d=1.2, e=1.0, f=0.8, g=1.2, h=0.1)),
    "q34_other": words("调换站点", "账号被盗", "装备费用"),
    "q35": one_of(_helper),
    "q36": ordered("belonging", shift=-0.1),
    "q37": wishes(_lessons),
    "q37_other": words("外语", "做饭", "无人机"),
    "q38": ranked(_motives),
    "q39": one_of(_plans),
    "q40": point("prosperity", shift=0.4),
    "q41_effort": satisfied("prosperity", 0.6),
    "q41_respect": satisfied("belonging", 0.2),
    "q41_voice": satisfied("belonging", 0.0),
    "q41_belong": satisfied("belonging", 0.4),
    "q41_future": satisfied("prosperity", 0.5),
    "q42": ranked(_pressures),
    "q43": wishes(fixed(a=3.4, b=2.2, c=1.2, d=1.4, e=0.5, f=1.4, g=0.8, h=0.2)),
    "q13": ordered("belonging", shift=0.5),
    "q44": wishes(fixed(a=2.2, b=2.0, c=1.2, d=1.5, e=1.6, f=1.8, g=0.8, h=0.15)),
    "q45": ordered("security", shift=0.6),
    "q06": HOME,
    "q08": PARTNER,
    "q09": CHILD,
    "q46": one_of(fixed(a=5, b=4.5, c=0.4, d=0.3)),
    "q11": UNION,
    "q47": point("belonging", shift=0.8),
    "q07": wishes(_needs),
}
"""By the question's id."""
