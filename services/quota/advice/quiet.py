"""Interview points that have gone quiet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.campaign import WorkingCalendar
from shared.campaign.calendar import ONE_DAY

QUIET_AFTER_WORKING_DAYS = 5
"""A working week: a point that works on one day of each week never goes quiet."""


@dataclass(frozen=True, slots=True)
class QuietPoint:
    """A point without an interview for ``quiet_days`` working days: since ``last_on``, or, where that is None, ever
    since it was set up."""

    point: str
    last_on: date | None
    quiet_days: int
    interview_count: int


def quiet_points(
    counts: Mapping[str, Mapping[date, int]],
    set_up_on: Mapping[str, date],
    calendar: WorkingCalendar,
    day: date,
    *,
    after_working_days: int = QUIET_AFTER_WORKING_DAYS,
) -> list[QuietPoint]:
    """The points of ``set_up_on`` that were quiet for so many working days at the end of ``day``.

    ``counts`` has the interviews of each point by day of collection, net of what was taken back; what is later than
    ``day`` is left out, and so is a point that wasn't set up by then. The longest quiet comes first. Raises ValueError
    for days that the calendar doesn't cover.
    """
    points = (
        _point(point, counts.get(point, {}), since, calendar, day)
        for point, since in set_up_on.items()
        if since <= day
    )
    quiet = [point for point in points if point.quiet_days >= after_working_days]
    return sorted(quiet, key=lambda point: (-point.quiet_days, point.point))


def _point(
    point: str, counts: Mapping[date, int], since: date, calendar: WorkingCalendar, day: date
) -> QuietPoint:
    seen = {on: count for on, count in counts.items() if count > 0 and on <= day}
    last_on = max(seen, default=None)
    first_quiet = since if last_on is None else last_on + ONE_DAY
    return QuietPoint(
        point=point,
        last_on=last_on,
        quiet_days=len(calendar.working_days(first_quiet, day)),
        interview_count=sum(seen.values()),
    )
