"""Invented young workers: seeded, plausible, and nobody real.

Three latent traits tie a person's circumstances and answers together, so that tables of the demo show
relations (pay and housing, age and children) and not noise. Numbers here are composed, from no survey.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

PHONE_PREFIX = "154"
"""Invented phones are mobile numbers in form, so that forms accept and redaction finds them, but nobody's:
154 is among the prefixes that no operator was given (as are 142, 143, 161, 164 and 194)."""

SPECIAL_EDITION = "new_employment"
FICTION_MARK = "（虚构）"

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜"
_GIVEN = "伟芳娜敏静磊洋艳勇军杰涛明超霞平刚桂英华玉兰晨曦雨桐子轩浩然欣怡思源佳宁俊豪梦琪一诺文博嘉诚诗涵"
_BRANDS = ["云帆", "星禾", "晨屿", "青棠", "远嘉", "白榆", "澄石", "鹿鸣", "平野", "听潮", "新陌", "川谷"]
_TRADES = ["精密机械", "电子科技", "纺织", "生物医药", "物流", "软件", "餐饮管理", "新材料", "商贸"]
_STATIONS = ["配送站", "运输服务部", "网约车服务部", "快递网点", "直播工作室"]
_PHONE_STEP = 61_803_399  # coprime to 10**8: distinct people get distinct phones, in no visible order


@dataclass(frozen=True, slots=True)
class Traits:
    """Latent factors, about standard normal: means, certainty of work, ties to union and city."""

    prosperity: float
    security: float
    belonging: float


@dataclass(frozen=True, slots=True)
class Person:
    """An invented respondent; ``partner``, ``child`` and ``home`` are their circumstances."""

    name: str
    employer: str
    phone: str
    age: int
    sex: str
    edition: str
    traits: Traits
    partner: str
    child: str
    home: str


class Population:
    """Invents people one after another; the same seed invents the same people."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._phone_number = random.randrange(10**8)

    def person(self, edition: str, *, ages: tuple[int, int] = (18, 40)) -> Person:
        """One more person, of an age (years) between ``ages``, both included."""
        random = self._random
        age = min(max(round(random.gauss(30, 5.5)), ages[0]), ages[1])
        traits = self._traits(edition, age)
        partner = self._partner(age)
        return Person(
            name=self.name(),
            employer=self._employer(edition),
            phone=self._phone(),
            age=age,
            sex="female" if random.random() < (0.15 if edition == SPECIAL_EDITION else 0.46) else "male",
            edition=edition,
            traits=traits,
            partner=partner,
            child=self._child(age, partner),
            home=self._home(age, partner, traits.prosperity),
        )

    def name(self) -> str:
        """An invented name, also for interviewers."""
        given = self._random.sample(_GIVEN, self._random.choice((1, 2, 2)))
        return self._random.choice(_SURNAMES) + "".join(given)

    def _traits(self, edition: str, age: int) -> Traits:
        gauss = self._random.gauss
        means = 0.04 * (age - 30)
        certainty = -0.9 if edition == SPECIAL_EDITION else 0.2
        security = gauss(certainty, 0.9)
        return Traits(
            prosperity=gauss(means + 0.45 * security, 0.8),
            security=security,
            belonging=gauss(0.3 * security + 0.02 * (age - 30), 0.9),
        )

    def _phone(self) -> str:
        self._phone_number = (self._phone_number + _PHONE_STEP) % 10**8
        return f"{PHONE_PREFIX}{self._phone_number:08d}"

    def _employer(self, edition: str) -> str:
        kind = self._random.choice(_STATIONS if edition == SPECIAL_EDITION else _TRADES)
        return f"{self._random.choice(_BRANDS)}{kind}{FICTION_MARK}"

    def _partner(self, age: int) -> str:
        if self._random.random() < 0.93 * _logistic((age - 28) / 2.5):
            return "married"
        return "partnered" if self._random.random() < 0.35 else "single"

    def _child(self, age: int, partner: str) -> str:
        """The youngest child's stage."""
        if partner != "married" or self._random.random() > _logistic((age - 29) / 2):
            return "none"
        child_age = self._random.uniform(0, max(age - 24, 1))
        for stage, ends_at in (("infant", 3), ("kindergarten", 6), ("primary", 12)):
            if child_age < ends_at:
                return stage
        return "secondary"

    def _home(self, age: int, partner: str, prosperity: float) -> str:
        settled = prosperity + 0.06 * (age - 30) + (0.6 if partner == "married" else -0.3)
        owned = _logistic(1.4 * (settled - 0.6))
        shares = (0.3 * owned, 0.7 * owned, 0.55 * (1 - owned), 0.25 * (1 - owned), 0.2 * (1 - owned))
        return self._random.choices(("owned", "mortgaged", "rented", "dormitory", "family"), shares)[0]


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
