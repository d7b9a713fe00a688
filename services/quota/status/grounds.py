"""What a line's status rests on: its interviews, and the forecast of the last whole day. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.quota.forecast.model import Forecast, LineHistory, Work, forecast
from services.quota.series import eligible_by_day
from services.quota.status.model import FIRST_WEEK_DAYS, Evidence, evidence_of
from services.quota.store import Sums
from shared.campaign import Campaign, QuotaLine

JUDGED_FROM_HOUR = 8
"""A day is judged on the next one from this hour on, in the campaign's time zone: phones have handed in the evening's
interviews by then, and nobody gets a message at midnight."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a line's status at the end of ``day`` rests on.

    ``eligible_count`` are all its eligible interviews known now, also of today; ``forecast`` is as of ``day``: a day
    that isn't over would look like a slack one.
    """

    day: date
    eligible_count: int
    forecast: Forecast
    is_over: bool
    is_early: bool

    @property
    def evidence(self) -> Evidence:
        """What speaks for a status."""
        return evidence_of(
            self.forecast.reaches_target_probability,
            is_reached=self.eligible_count >= self.forecast.target_count,
            is_over=self.is_over,
            is_early=self.is_early,
        )


def last_whole_day(campaign: Campaign, now: datetime) -> date:
    """The last day that is to be judged at ``now``, whether it is one of the campaign or not."""
    return (now.astimezone(campaign.timezone) - timedelta(hours=JUDGED_FROM_HOUR)).date() - _ONE_DAY


def is_judged(campaign: Campaign, day: date) -> bool:
    """Whether statuses move on ``day``: from the first day of the interviewing phase to the campaign's last.

    After the phase, late sign-offs may still complete a line.
    """
    return campaign.interviewing.starts_on <= day <= campaign.ends_on


def history_of(line: QuotaLine, days: Mapping[str, Sums]) -> LineHistory:
    """What ``line`` has done, from the sums of its units."""
    return LineHistory(line.id, line.target_count, eligible_by_day(days, line.units))


def histories_of(campaign: Campaign, days: Mapping[str, Sums]) -> list[LineHistory]:
    """Those of all lines, in the order of the definition."""
    return [history_of(line, days) for line in campaign.quota_lines.values()]


def work_of(campaign: Campaign) -> Work:
    """When the lines of ``campaign`` work: in the interviewing phase."""
    phase = campaign.interviewing
    return Work(phase.starts_on, phase.ends_on, campaign.calendar.is_working)


def grounds_of(
    campaign: Campaign, histories: Sequence[LineHistory], day: date, *, today: date
) -> dict[str, Grounds]:
    """The grounds of every line by its id, for the end of ``day``, with what was done until ``today``."""
    phase = campaign.interviewing
    forecasts = forecast(histories, work_of(campaign), day)
    return {
        line.quota_line: Grounds(
            day=day,
            eligible_count=sum(n for on, n in line.daily_counts.items() if on <= today),
            forecast=forecasts[line.quota_line],
            is_over=day >= phase.ends_on,
            is_early=(day - phase.starts_on).days + 1 < FIRST_WEEK_DAYS,
        )
        for line in histories
    }
