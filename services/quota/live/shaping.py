"""From what is counted to what the board says of a line and of a unit. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from services.quota.board import LineProgress, UnitShare
from services.quota.live.ahead import Ahead
from services.quota.live.content import BoardForecast, BoardLine, BoardSchedule, BoardUnit
from services.quota.schedule import Schedule, rate_needed
from shared.events import QUOTA_STATUS_NAMES


def plain_line(line: LineProgress) -> BoardLine:
    """How far ``line`` is, and no more."""
    return BoardLine(
        quota_line=line.quota_line,
        name=line.name,
        edition=line.edition,
        target=line.target_count,
        counted=line.counted_count,
        share=line.share,
        status=line.status,
        status_name=QUOTA_STATUS_NAMES[line.status],
    )


def full_line(
    line: LineProgress, plans: Mapping[int, Schedule], ahead: Ahead, *, has_buckets: bool
) -> BoardLine:
    """With schedule and forecast, and with the buckets, which of a line that several share tell of each other.

    ``plans`` are the schedules by target: what is due and how many days are left.
    """
    plan, found = plans[line.target_count], ahead.forecasts[line.quota_line]
    missing = line.target_count - line.counted_count
    return replace(
        plain_line(line),
        interviews=line.interviews_count if has_buckets else UNSET,
        persons=line.persons_count if has_buckets else UNSET,
        buckets=line.buckets if has_buckets else UNSET,
        schedule=BoardSchedule(plan.ends_on, plan.due, plan.days_left, rate_needed(missing, plan.days_left)),
        forecast=BoardForecast(
            final_low=found.final_low,
            final_expected=round(found.final_expected, 1),
            final_high=found.final_high,
            finishes_expected=found.finishes_expected,
            reaches_target_probability=round(found.reaches_target_probability, 3),
        ),
    )


def own_share(share: UnitShare, line: LineProgress | None) -> BoardUnit:
    """A unit's own part of ``line``."""
    return BoardUnit(
        unit=share.unit,
        name=share.name,
        quota_line=None if line is None else line.quota_line,
        eligible=share.eligible,
        interviews=share.interviews_count,
        persons=share.persons_count,
        share=None if line is None else share.eligible / line.target_count,
        buckets=share.buckets,
    )
