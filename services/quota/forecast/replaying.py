"""Forecasting campaigns that are over, every third day from what was known then, beside what really came. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.quota.forecast.model import Forecast, LineHistory, Work, first_day_with, forecast

STAGES = ("前期", "中期", "后期")
"""The thirds of a campaign's days."""

DAYS_BETWEEN_CUTS = 3


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """A campaign that is over, whole. ``family`` tells what kind it is, or which."""

    family: str
    work: Work
    lines: tuple[LineHistory, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A line on a day of a campaign that is over, with what came after it.

    ``final_count`` is what really came, ``guess`` what the average rate so far would have brought.
    ``is_finish_held`` tells whether the finishing date lay in its interval; None where it was known already.
    """

    family: str
    stage: str
    final_count: int
    forecast: Forecast
    guess: float
    is_finish_held: bool | None

    @property
    def is_held(self) -> bool:
        """Whether the final count lies in its interval."""
        return self.forecast.final_low <= self.final_count <= self.forecast.final_high

    @property
    def width(self) -> int:
        """The width of the interval, in interviews."""
        return self.forecast.final_high - self.forecast.final_low

    @property
    def guess_error(self) -> float:
        """How far off the guess is, as a share of the guess."""
        error = abs(self.final_count - self.guess)
        if not self.guess:
            return math.inf if error else 0.0
        return error / self.guess


def replay(campaign: PastCampaign) -> Iterator[Case]:
    """The cases of ``campaign``: every line, at the end of every third day of the work but the last day."""
    work = campaign.work
    known = {line.quota_line: line for line in campaign.lines}
    day_count = (work.ends_on - work.starts_on).days + 1
    for days_over in range(DAYS_BETWEEN_CUTS, day_count, DAYS_BETWEEN_CUTS):
        today = work.starts_on + timedelta(days_over - 1)
        for id, its in forecast(campaign.lines, work, today).items():
            daily_counts = known[id].daily_counts
            yield Case(
                family=campaign.family,
                stage=STAGES[len(STAGES) * days_over // day_count],
                final_count=sum(daily_counts.values()),
                forecast=its,
                guess=its.count_so_far * day_count / days_over,
                is_finish_held=is_finish_held(its, first_day_with(its.target_count, daily_counts)),
            )


def is_finish_held(its: Forecast, finished_on: date | None) -> bool | None:
    """Whether the interval of the finishing date held the day, or never; None for a date that was known already."""
    if its.count_so_far >= its.target_count:
        return None
    if finished_on is None:
        return its.finishes_latest is None
    is_late_enough = its.finishes_earliest is not None and its.finishes_earliest <= finished_on
    return is_late_enough and (its.finishes_latest is None or finished_on <= its.finishes_latest)
