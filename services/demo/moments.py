"""When things happen in an invented campaign: half-way through it, or over the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Protocol

from services.demo.steps import Action
from shared.campaign import Campaign, Unit
from shared.campaign.calendar import days_between

ELAPSED_SHARE = 0.6
"""How much of the campaign's days have passed half-way: the press report of 2024 came about then."""

_OFFICE_HOURS = (9, 18)
_WAKING_HOURS = (7, 23)  # people have their phone in hand
_FREE_DAY_SHARE = 0.12  # of a working day's interviews
_PACES = ((1.4, 2.6), (1.1, 1.2), (2.8, 1.15))
"""Ahead, even, late with a rush: the parameters of a beta distribution over the interviewing phase."""
_AT_ONCE_SHARE = 0.75  # of the signatures and second thoughts: the same day
_LATER_DAYS: Mapping[Action, int] = {"submit": 0, "sign_off": 6, "amend": 4, "withdraw": 12}
"""How long it may take at most; what is submitted once more comes on the same day."""


class Moments(Protocol):
    """Gives moments in the campaign's time zone."""

    def interview(self, unit: Unit) -> datetime:
        """When an interview of ``unit`` is held."""

    def awake(self) -> datetime:
        """When somebody fills in a questionnaire, writes or calls."""

    def after(self, at: datetime, action: Action) -> datetime:
        """When ``action`` follows on what was told ``at``: not before it."""


class HalfWay:
    """Any day so far is as good as another; what follows comes after a fixed time."""

    _LATER: Mapping[Action, timedelta] = {
        "submit": timedelta(hours=2),
        "sign_off": timedelta(hours=4),
        "amend": timedelta(days=1),
        "withdraw": timedelta(days=2),
    }

    def __init__(self, campaign: Campaign, random: Random) -> None:
        self._campaign = campaign
        self._random = random

    def interview(self, unit: Unit) -> datetime:  # noqa: ARG002 - all units are alike
        """In office hours."""
        return self._moment(*_OFFICE_HOURS)

    def awake(self) -> datetime:
        """In waking hours."""
        return self._moment(*_WAKING_HOURS)

    def after(self, at: datetime, action: Action) -> datetime:
        """After some hours or days."""
        return at + self._LATER[action]

    def _moment(self, from_hour: int, to_hour: int) -> datetime:
        seconds = self._random.randrange(from_hour * 3600, to_hour * 3600)
        days = (self._campaign.ends_on - self._campaign.starts_on).days
        day = self._campaign.starts_on + timedelta(days=self._random.randint(0, int(days * ELAPSED_SHARE)))
        return _at(self._campaign, day, seconds)


class WholeCampaign:
    """From the first day to the last: units differ in pace, little is done on free days, and some sign late.

    The shapes are composed, from no survey; the same ``seed`` gives the same moments.
    """

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self._campaign = campaign
        self._random = Random(f"moments {seed}")  # noqa: S311 - nothing here is secret
        self._seed = seed
        phase = campaign.interviewing
        self._days = days_between(phase.starts_on, phase.ends_on)
        self._interviews: dict[str, Sequence[float]] = {}
        self._online_days = days_between(campaign.starts_on, campaign.ends_on)
        self._online = _cumulated(self._online_days, lambda share: 1.6 - share)
        self._end = _at(campaign, campaign.ends_on, 24 * 3600 - 60)

    def interview(self, unit: Unit) -> datetime:
        """In office hours of a day of the interviewing phase, at the unit's pace."""
        if unit.id not in self._interviews:
            self._interviews[unit.id] = self._pace(unit)
        return self._moment(self._days, self._interviews[unit.id], *_OFFICE_HOURS)

    def awake(self) -> datetime:
        """In waking hours of any day, rather of an early one."""
        return self._moment(self._online_days, self._online, *_WAKING_HOURS)

    def after(self, at: datetime, action: Action) -> datetime:
        """Mostly within hours, sometimes some days later, never after the campaign's end."""
        hours = self._random.uniform(0.5, 5)
        if _LATER_DAYS[action] and self._random.random() > _AT_ONCE_SHARE:
            hours += 24 * self._random.randint(1, _LATER_DAYS[action])
        return min(at + timedelta(hours=hours), self._end)

    def _pace(self, unit: Unit) -> Sequence[float]:
        alpha, beta = Random(f"pace {self._seed} {unit.id}").choice(_PACES)  # noqa: S311 - as above
        is_working = self._campaign.calendar.is_working
        return _cumulated(
            self._days,
            lambda share: share ** (alpha - 1) * (1 - share) ** (beta - 1),
            lambda day: 1.0 if is_working(day) else _FREE_DAY_SHARE,
        )

    def _moment(
        self, days: Sequence[date], cumulated: Sequence[float], from_hour: int, to_hour: int
    ) -> datetime:
        (day,) = self._random.choices(days, cum_weights=cumulated)
        return _at(self._campaign, day, self._random.randrange(from_hour * 3600, to_hour * 3600))


def _cumulated(
    days: Sequence[date],
    density: Callable[[float], float],
    of_day: Callable[[date], float] = lambda _day: 1.0,
) -> list[float]:
    """The weights of ``days``, summed up; ``density`` is asked for the share of them that has passed at noon."""
    return list(
        accumulate(density((number + 0.5) / len(days)) * of_day(day) for number, day in enumerate(days))
    )


def _at(campaign: Campaign, day: date, seconds: int) -> datetime:
    return datetime.combine(day, time(), tzinfo=campaign.timezone) + timedelta(seconds=seconds)
