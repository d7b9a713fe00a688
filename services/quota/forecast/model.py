"""What every quota line will have when the work ends, and when it reaches its target, with 80 % intervals. Pure.

A line's counts are taken for overdispersed Poisson counts around a pace that drifts, times a factor for the kind of
day. ``rhythm`` finds the factors, ``noise`` the scatter, ``drift`` the drift and how much older days tell, ``pace``
the level today; ``outlook`` adds up the days to come. Each says where its method is from. It is assumed that a line
goes on at its pace after its target is reached, and that nobody hurries before the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.quota.forecast.horizon import horizons_of
from services.quota.forecast.outlook import NOTHING_TO_COME, Outlook, outlook_of
from services.quota.forecast.pace import paces_of
from services.quota.forecast.rhythm import factors_by_kind, kind_of
from shared.campaign.calendar import ONE_DAY, days_between


@dataclass(frozen=True, slots=True)
class LineHistory:
    """A quota line: its target (interviews, 1 or more) and its eligible interviews of each day.

    Days without an entry have none. Counts are net of what was taken back; a day below zero says nothing of the pace.
    """

    quota_line: str
    target_count: int
    daily_counts: Mapping[date, int]

    def __post_init__(self) -> None:
        """Raises ValueError for a target below 1."""
        if self.target_count < 1:
            raise ValueError(
                f"the target of {self.quota_line!r} is {self.target_count}; it must be 1 or more"
            )


@dataclass(frozen=True, slots=True)
class Work:
    """When the lines work: from ``starts_on`` to ``ends_on``, both included.

    ``is_working`` tells working days from others; it is asked for days of the work alone.
    """

    starts_on: date
    ends_on: date
    is_working: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a line will have in the end, and when it has its target; the unit is eligible interviews.

    ``count_so_far`` are those up to today. ``final_low`` to ``final_high`` hold the count at the end of the work,
    which isn't capped at the target, in 80 of 100 cases; ``final_expected`` is its mean. The target is reached by
    ``finishes_earliest`` with a probability of 10 %, by ``finishes_expected`` of 50 %, by ``finishes_latest`` of
    90 %; None where that isn't so before the work ends. A line that has its target has the day on which it reached
    it in all three. ``reaches_target_probability`` is that of having the target when the work ends, 0 to 1.
    """

    quota_line: str
    target_count: int
    count_so_far: int
    final_low: int
    final_expected: float
    final_high: int
    finishes_earliest: date | None
    finishes_expected: date | None
    finishes_latest: date | None
    reaches_target_probability: float


def forecast(lines: Sequence[LineHistory], work: Work, today: date) -> dict[str, Forecast]:
    """The forecast of every line by its id, from what was counted until the end of ``today``.

    The lines of a campaign are given together, as each is judged by the others too; their order doesn't matter.
    Entries of later days are left out. Raises ValueError for a line that comes twice.
    """
    known = [_until(line, today) for line in sorted(lines, key=lambda line: line.quota_line)]
    ahead = days_between(max(work.starts_on, today + ONE_DAY), work.ends_on)
    outlooks = _outlooks(known, work, today, ahead) if known and ahead else [NOTHING_TO_COME] * len(known)
    forecasts = {
        line.quota_line: _forecast(line, outlook, ahead)
        for line, outlook in zip(known, outlooks, strict=True)
    }
    if len(forecasts) < len(lines):
        raise ValueError("a quota line comes twice")
    return {line.quota_line: forecasts[line.quota_line] for line in lines}


def _until(line: LineHistory, today: date) -> LineHistory:
    return replace(line, daily_counts={day: n for day, n in line.daily_counts.items() if day <= today})


def _outlooks(
    lines: Sequence[LineHistory], work: Work, today: date, ahead: Sequence[date]
) -> Iterator[Outlook]:
    observed = days_between(work.starts_on, today)
    counts = [[max(0, line.daily_counts.get(day, 0)) for day in observed] for line in lines]
    kinds = [kind_of(day, work.is_working) for day in observed]
    factors_of = factors_by_kind([sum(day) for day in zip(*counts, strict=True)], kinds)
    factors = [factors_of[kind] for kind in kinds]
    horizons = list(horizons_of([factors_of[kind_of(day, work.is_working)] for day in ahead]))
    planned_share = 1 / (sum(factors) + horizons[-1].plain_days)
    paces = paces_of(counts, factors, [line.target_count for line in lines], planned_share)
    for line, pace in zip(lines, paces, strict=True):
        yield outlook_of(pace, horizons, line.target_count - sum(line.daily_counts.values()))


def _forecast(line: LineHistory, outlook: Outlook, ahead: Sequence[date]) -> Forecast:
    so_far = sum(line.daily_counts.values())
    is_reached = so_far >= line.target_count
    reached_on = first_day_with(line.target_count, line.daily_counts) if is_reached else None
    places = (outlook.earliest, outlook.median, outlook.latest)
    earliest, expected, latest = (
        reached_on if is_reached or place is None else ahead[place] for place in places
    )
    return Forecast(
        quota_line=line.quota_line,
        target_count=line.target_count,
        count_so_far=so_far,
        final_low=so_far + outlook.low,
        final_expected=so_far + outlook.mean,
        final_high=so_far + outlook.high,
        finishes_earliest=earliest,
        finishes_expected=expected,
        finishes_latest=latest,
        reaches_target_probability=1.0 if is_reached else outlook.reaches_probability,
    )


def first_day_with(count: int, daily_counts: Mapping[date, int]) -> date | None:
    """The day whose end is the first with so many interviews; None without such a day."""
    total = 0
    for day, its in sorted(daily_counts.items()):
        total += its
        if total >= count:
            return day
    return None
