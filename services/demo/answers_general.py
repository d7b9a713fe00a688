"""How invented people answer the general edition of Suzhou's campaign. Numbers are composed, from no survey."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random

from services.demo.population import Person
from services.demo.ways import (
    Answerer,
    amount,
    began,
    circumstance,
    fixed,
    one_of,
    ordered,
    point,
    ranked,
    wishes,
    words,
)
from shared.campaign import Question

PARTNER = circumstance("partner", {"single": "a", "partnered": "b", "married": "c"})
CHILD = circumstance(
    "child", {"none": "a", "infant": "b", "kindergarten": "c", "primary": "d", "secondary": "e"}
)
HOME = circumstance("home", {"owned": "a", "mortgaged": "b", "rented": "c", "dormitory": "d", "family": "e"})
UNION = ordered("belonging", shift=0.2)


def hukou(person: Person) -> Mapping[str, float]:
    """Where one is registered: owners and those who live with their families are of Suzhou more often."""
    local = {"owned": 3.0, "mortgaged": 1.6, "family": 4.0}.get(person.home, 0.3)
    return {"a": local, "b": 0.6 * local, "c": 1.3, "d": 2.4, "e": 0.15}


def politics(person: Person) -> Mapping[str, float]:
    """Members of the league are under 29."""
    return {
        "a": 1.2 + 0.3 * person.traits.belonging if person.traits.belonging > -2 else 0.4,
        "b": 2.6 if person.age <= 28 else 0.02,
        "c": 0.04,
        "d": 5.0,
        "e": 0.25,
    }


def satisfied(trait: str, shift: float) -> Answerer:
    """Five steps from very well to very badly, and one beside them."""
    return ordered(trait, shift=shift, aside=1)


def insured(shift: float) -> Answerer:
    """Insured, not insured, don't know."""
    return ordered("security", shift=shift, aside=1, aside_share=0.06)


def _firm(person: Person) -> Mapping[str, float]:
    security = person.traits.security
    return {
        "a": 1.2 * math.exp(0.6 * security),
        "b": 4.5,
        "c": 0.9,
        "d": 1.6,
        "e": 0.8 * math.exp(0.6 * security),
        "f": 0.7 * math.exp(-0.6 * security),
        "g": 0.3,
    }


def _job(person: Person) -> Mapping[str, float]:
    prosperity = person.traits.prosperity
    return {
        "a": 3.2 * math.exp(-0.5 * prosperity) * (0.6 if person.sex == "female" else 1),
        "b": 2.0 * math.exp(-0.3 * prosperity),
        "c": 2.0 * math.exp(0.5 * prosperity),
        "d": 0.9,
        "e": 1.5 * (1.5 if person.sex == "female" else 0.7),
        "f": 1.2 if person.age > 26 else 0.3,
        "g": 0.5 * math.exp(0.7 * prosperity) if person.age > 30 else 0.02,
        "h": 0.4,
    }


def _infringed(person: Person) -> Mapping[str, float]:
    risk = math.exp(-0.9 * person.traits.security)
    return {"a": 0.35 * risk, "b": 0.4 * risk, "c": 9.0, "d": 0.6, "e": 0.5}


def _helper(person: Person) -> Mapping[str, float]:
    belonging = person.traits.belonging
    return {
        "a": 2.6,
        "b": 2.2 * math.exp(0.7 * belonging),
        "c": 1.8,
        "d": 0.7,
        "e": 1.4,
        "f": 0.8,
        "g": 0.4,
        "h": 0.7 * math.exp(-0.6 * belonging),
        "i": 0.1,
    }


def _hurdles(person: Person) -> Mapping[str, float]:
    return {
        "a": 2.2 if person.age < 30 else 1.2,
        "b": 2.0,
        "c": 2.4,
        "d": 1.5,
        "e": 0.3 if person.child == "none" else 2.0,
        "f": 0.8,
        "g": 0.3 if person.age < 33 else 1.6,
        "h": 1.0,
    }


def _lessons(person: Person) -> Mapping[str, float]:
    return {
        "a": 2.2 if person.age < 28 else 1.0,
        "b": 2.2,
        "c": 2.0,
        "d": 1.3 + 0.3 * person.traits.prosperity if person.traits.prosperity > -3 else 0.4,
        "e": 0.7,
        "f": 0.9,
        "g": 0.9,
        "h": 0.8,
        "i": 0.08,
    }


def _plans(person: Person) -> Mapping[str, float]:
    content = math.exp(0.5 * person.traits.prosperity + 0.4 * person.traits.belonging)
    return {"a": 5.0 * content, "b": 1.0, "c": 1.2, "d": 0.8, "e": 0.6, "f": 1.2}


def _pressures(person: Person) -> Mapping[str, float]:
    return {
        "a": 2.4,
        "b": 2.4 * math.exp(-0.6 * person.traits.prosperity),
        "c": 2.2 if person.home in ("mortgaged", "rented", "dormitory") else 0.4,
        "d": 0.1 if person.child == "none" else 2.8,
        "e": 1.8 if person.partner == "single" and person.age > 23 else 0.2,
        "f": 0.4 if person.age < 32 else 1.2,
        "g": 1.4,
        "h": 0.7,
        "i": 0.5,
        "j": 0.25 * math.exp(0.6 * person.traits.prosperity),
    }


def _sources(person: Person) -> Mapping[str, float]:
    return {
        "a": 0.5 + 0.03 * (person.age - 18),
        "b": 2.4,
        "c": 3.2 if person.age < 32 else 2.2,
        "d": 1.6,
        "e": 1.0,
        "f": 0.6 * math.exp(0.6 * person.traits.belonging),
        "g": 0.9,
        "h": 0.15,
    }


def _care(person: Person) -> Mapping[str, float]:
    is_small = person.child in ("infant", "kindergarten")
    return {
        "a": 2.4 if is_small else 1.2,
        "b": 2.2 * math.exp(-0.4 * person.traits.prosperity),
        "c": 1.6 if is_small else 0.8,
        "d": 0.4 if person.child == "infant" else 2.0,
        "e": 0.3 if person.child == "infant" else 2.2,
        "f": 1.2 if person.home in ("rented", "dormitory") else 0.5,
        "g": 2.0 if person.child == "primary" else 0.1,
        "h": 0.3,
    }


def _needs(person: Person) -> Mapping[str, float]:
    """The union's help that is wanted."""
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


def _dependants(random: Random, person: Person, _question: Question) -> int:
    """Parents provide for more people."""
    if person.child == "none":
        return random.choice((0, 0, 0, 1, 1, 2) if person.partner == "single" else (0, 0, 1, 1, 2, 3))
    return random.choice((1, 1, 2, 2, 3, 3, 4))


GENERAL: Mapping[str, Answerer] = {
    "q16": one_of(fixed(a=36, b=7, c=6, d=9, e=7, f=8, g=5, h=8, i=8, j=4, k=2)),
    "q16_other": words("物业管理", "环境卫生", "农业", "租赁和商务服务", "文化和旅游"),
    "q17": one_of(_firm),
    "q18": one_of(fixed(a=13, b=19, c=24, d=21, e=19, f=4)),
    "q19": one_of(_job),
    "q20": ordered("prosperity", shift=0.5, rising=True),
    "q21": one_of(hukou),
    "q22": one_of(politics),
    "q23": began(3.5),
    "q03": ordered("security", shift=2.0),
    "q24": ordered("security", shift=0.3, aside=1),
    "q04": amount("security", 47, slope=-3.5, spread=6),
    "q25": ordered("security", shift=0.7, aside=2, aside_share=0.15),
    "q26_fair": satisfied("prosperity", 0.1),
    "q26_safety": satisfied("security", 0.7),
    "q26_rest": satisfied("security", 0.3),
    "q26_manner": satisfied("belonging", 0.3),
    "q26_voice": satisfied("belonging", 0.0),
    "q26_meals": satisfied("belonging", 0.2),
    "q27": ordered("belonging", shift=0.4, aside=1, aside_share=0.2),
    "q28": point("belonging", shift=0.8),
    "q01": ordered("prosperity", shift=0.1),
    "q29": ordered("prosperity", shift=0.1, aside=1, aside_share=0.06, rising=True),
    "q02": ordered("security", shift=1.6),
    "q30": ordered("prosperity", shift=0.2, aside=1, aside_share=0.14),
    "q31_pension": insured(2.0),
    "q31_medical": insured(2.2),
    "q31_jobless": insured(1.6),
    "q31_injury": insured(1.7),
    "q31_birth": insured(1.4),
    "q31_housing": insured(1.1),
    "q32": one_of(_infringed),
    "q33": wishes(fixed(a=2, b=3, c=1.2, d=1.8, e=0.7, f=2.2, g=0.5, h=0.1)),
    "q33_other": words("调岗没有商量", "扣押证件", "年休假不让休"),
    "q34": one_of(_helper),
    "q34_other": words("村里的干部", "同学", "还没有想过"),
    "q05": ordered("belonging"),
    "q35": one_of(fixed(a=14, b=20, c=16, d=17, e=33)),
    "q36": ranked(_hurdles),
    "q37": wishes(_lessons),
    "q37_other": words("烘焙", "急救", "摄影"),
    "q38": one_of(_plans),
    "q13": ordered("belonging", shift=1.1),
    "q39": point("prosperity", shift=0.5),
    "q40_effort": satisfied("prosperity", 0.6),
    "q40_respect": satisfied("belonging", 0.3),
    "q40_voice": satisfied("belonging", 0.0),
    "q40_firm": satisfied("belonging", 0.5),
    "q40_city": satisfied("prosperity", 0.7),
    "q41": ranked(_pressures),
    "q42": wishes(_sources),
    "q06": HOME,
    "q43": amount("prosperity", 0.6, slope=0.08, spread=0.35, step=0.1),
    "q08": PARTNER,
    "q09": CHILD,
    "q44": wishes(_care),
    "q45": _dependants,
    "q10": wishes(_leisure),
    "q11": UNION,
    "q46": point("belonging", shift=0.9),
    "q07": wishes(_needs),
    "q07_other": words("夜班交通", "停车难", "心理咨询", "法律讲座"),
}
"""By the question's id."""
