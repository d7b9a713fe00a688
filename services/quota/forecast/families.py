"""The kinds of campaigns that are invented: how a line's pace goes up and down, and how its days scatter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Shape = Callable[[Random, int], list[float]]
"""The paces of a line on so many days that follow one another, up to a factor."""

_MOST_BY_PRODUCTS = 30.0


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of campaign.

    ``day_off`` is the range from which the pace of days off is drawn, ``unevenness`` how far working days differ
    among themselves, ``visit_sizes`` the range of interviews that come together, ``has_common_break`` whether all
    lines pause at the same time.
    """

    name: str
    shape: Shape
    day_off: tuple[float, float] = (0.3, 1.0)
    unevenness: float = 0.1
    visit_sizes: tuple[int, int] = (1, 1)
    has_common_break: bool = False


def steady(random: Random, day_count: int) -> list[float]:
    """The same pace throughout."""
    del random
    return [1.0] * day_count


def ramp_up(random: Random, day_count: int) -> list[float]:
    """Slow at first, then faster from day to day until full speed."""
    first, ramp_days = random.uniform(0.2, 0.6), random.uniform(0.2, 0.6) * day_count
    return [min(1.0, first + (1 - first) * day / ramp_days) for day in range(day_count)]


def slow_down(random: Random, day_count: int) -> list[float]:
    """At some time most lines go on at a lower pace."""
    since, pace = random.uniform(0.2, 0.8) * day_count, random.uniform(0.35, 0.8)
    if random.random() < 0.2:
        pace = 1.0
    return [1.0 if day < since else pace for day in range(day_count)]


def rush(random: Random, day_count: int) -> list[float]:
    """The last weeks bring more than those before."""
    since, pace = random.uniform(0.75, 0.92) * day_count, random.uniform(1.2, 2.2)
    return [1.0 if day < since else pace for day in range(day_count)]


def breaks(random: Random, day_count: int) -> list[float]:
    """One or two pauses of some days."""
    paces = [1.0] * day_count
    for _ in range(random.randint(1, 2)):
        pause(paces, random, random.randint(3, 8))
    return paces


def pause(paces: list[float], random: Random, pause_days: int) -> None:
    """Let ``paces`` rest for so many days."""
    first = random.randrange(len(paces) - pause_days)
    paces[first : first + pause_days] = [0.05] * pause_days


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("平稳", steady),
        Family("逐步加快", ramp_up),
        Family("周末休息", steady, day_off=(0.0, 0.15), unevenness=0.3),
        Family("中途放慢", slow_down),
        Family("集体走访", steady, visit_sizes=(4, 25)),
        Family("临期冲刺", rush),
        Family("中间停顿", breaks, has_common_break=True),
    )
}


def scattered(random: Random, mean: float, family: Family) -> int:
    """The interviews of a day that brings ``mean`` on average."""
    least, most = family.visit_sizes
    today = mean * random.gammavariate(_EVENNESS, 1 / _EVENNESS)
    if most == 1:
        return poisson(random, today)
    return sum(random.randint(least, most) for _ in range(poisson(random, 2 * today / (least + most))))


def poisson(random: Random, mean: float) -> int:
    """A Poisson count: by products of uniforms (Knuth, Seminumerical Algorithms, 3.4.1), a rounded normal if large."""
    if mean > _MOST_BY_PRODUCTS:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    count, product, floor = 0, random.random(), math.exp(-mean)
    while product > floor:
        product *= random.random()
        count += 1
    return count


_EVENNESS = 16.0  # a day's mean itself varies by a quarter
