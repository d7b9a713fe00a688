"""The schedule counted back from the end (倒排时间表): what should be done by each day, and the rate needed. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from shared.campaign import Campaign


@dataclass(frozen=True, slots=True)
class ScheduleDay:
    """A working day: the interviews due by its end, and those eligible by then (None for a day to come)."""

    day: date
    due: int
    done: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The working days of the interviewing phase.

    ``due`` and ``done`` are as of today. ``days_left``: working days after today. ``rate_needed``: interviews on each
    of them, so that the target is met at the end; 0 when it is met, None when it isn't and no day is left.
    """

    target_count: int
    ends_on: date
    due: int
    done: int
    days_left: int
    rate_needed: float | None
    days: tuple[ScheduleDay, ...]


def schedule_of(campaign: Campaign, target_count: int, done: Mapping[date, int], today: date) -> Schedule:
    """The schedule of a target from the eligible interviews of each day, whichever days these are.

    Counted back from the end: with n working days to come, n equal shares may be missing and no more.
    """
    phase = campaign.interviewing
    working = campaign.calendar.working_days(phase.starts_on, phase.ends_on)
    dates, totals = _running_totals(done)

    def done_by(day: date) -> int:
        place = bisect_right(dates, day)
        return totals[place - 1] if place else 0

    days_left = len(working) - bisect_right(working, today)
    done_today = done_by(today)
    return Schedule(
        target_count=target_count,
        ends_on=phase.ends_on,
        due=_due(target_count, working, today),
        done=done_today,
        days_left=days_left,
        rate_needed=rate_needed(target_count - done_today, days_left),
        days=tuple(
            ScheduleDay(day, _due(target_count, working, day), done_by(day) if day <= today else None)
            for day in working
        ),
    )


def _due(target_count: int, working: Sequence[date], day: date) -> int:
    left = len(working) - bisect_right(working, day)
    return ceil(target_count - Fraction(target_count * left, max(1, len(working))))


def rate_needed(missing: int, days_left: int) -> float | None:
    """Interviews on each of ``days_left`` working days, so that none is missing; None when no day is left."""
    if missing <= 0:
        return 0.0
    return missing / days_left if days_left else None


def _running_totals(done: Mapping[date, int]) -> tuple[list[date], list[int]]:
    dates, totals = sorted(done), list[int]()
    for day in dates:
        totals.append(done[day] + (totals[-1] if totals else 0))
    return dates, totals
