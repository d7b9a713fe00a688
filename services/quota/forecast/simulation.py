"""Invented campaigns, on which forecasts are tried. The same seed gives the same campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from random import Random

from services.quota.forecast.families import FAMILIES, Family, pause, scattered
from services.quota.forecast.model import LineHistory, Work
from services.quota.forecast.replaying import PastCampaign
from services.quota.forecast.rhythm import DAY_OFF, kind_of
from shared.campaign.calendar import days_between

TARGETS: Mapping[str, int] = {f"line-{n:02}": 1000 if n <= 10 else 500 for n in range(1, 15)}
"""The quotas of Suzhou in 2024."""

HOLIDAY = date(2024, 6, 10)
"""The Dragon Boat Festival; the others of 2024 lie outside."""

_SATURDAY = 5


def is_working(day: date) -> bool:
    """Whether ``day`` of the invented campaigns is worked."""
    return day.weekday() < _SATURDAY and day != HOLIDAY


WORK = Work(date(2024, 5, 11), date(2024, 8, 10), is_working)
"""The three months of interviews in Suzhou in 2024."""


def simulated(campaign_count: int, seed: int) -> Iterator[PastCampaign]:
    """So many campaigns, the families taking turns."""
    random = Random(seed)  # noqa: S311 - nothing here is secret
    families = list(FAMILIES.values())
    for number in range(campaign_count):
        yield _campaign(random, families[number % len(families)])


def _campaign(random: Random, family: Family) -> PastCampaign:
    days = days_between(WORK.starts_on, WORK.ends_on)
    common = _common_paces(random, family, days)
    lines = []
    for quota_line, target_count in TARGETS.items():
        paces = [a * b for a, b in zip(common, family.shape(random, len(days)), strict=True)]
        final = target_count * random.lognormvariate(0.05, 0.25)
        counts = {
            day: scattered(random, final * pace / sum(paces), family)
            for day, pace in zip(days, paces, strict=True)
        }
        lines.append(LineHistory(quota_line, target_count, counts))
    return PastCampaign(family.name, WORK, tuple(lines))


def _common_paces(random: Random, family: Family, days: Sequence[date]) -> list[float]:
    """What all lines share: the rhythm of the week, and a break in some families."""
    factors = [random.uniform(1 - family.unevenness, 1 + family.unevenness) for _ in range(DAY_OFF)]
    factors.append(random.uniform(*family.day_off))
    paces = [factors[kind_of(day, is_working)] for day in days]
    if family.has_common_break:
        pause(paces, random, random.randint(4, 8))
    return paces
