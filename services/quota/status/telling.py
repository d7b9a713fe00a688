"""The events that tell of statuses. Pure."""

from __future__ import annotations

from datetime import datetime

from services.quota.forecast.model import LineHistory
from services.quota.schedule import schedule_of
from services.quota.status.grounds import Grounds
from services.quota.status.model import is_better
from shared.campaign import Campaign
from shared.events import Event, QuotaStatus, QuotaStatusChanged, derived_id, make_event, rfc3339


def change_event(
    campaign: Campaign,
    line: LineHistory,
    grounds: Grounds,
    change: tuple[QuotaStatus, QuotaStatus],
    now: datetime,
) -> Event:
    """That ``line`` went from the first status of ``change`` to the second on ``grounds``.

    Its id is that of the line, the day and the status: however often it is judged so, it is told once.
    """
    before, status = change
    forecast = grounds.forecast
    data = QuotaStatusChanged(
        campaign=campaign.id,
        quota_line=line.quota_line,
        status_before=before,
        status=status,
        is_better=is_better(status, before),
        on=grounds.day,
        counted_count=min(grounds.eligible_count, line.target_count),
        target_count=line.target_count,
        final_low=forecast.final_low,
        final_expected=round(forecast.final_expected, 1),
        final_high=forecast.final_high,
        reaches_target_probability=round(forecast.reaches_target_probability, 3),
        rate_needed=schedule_of(campaign, line.target_count, line.daily_counts, grounds.day).rate_needed,
        changed_at=rfc3339(now),
    )
    subject = f"{campaign.id}/{line.quota_line}"
    return make_event(
        data,
        id=derived_id("status", campaign.id, line.quota_line, str(grounds.day), status),
        source="/dafangtan/quota",
        subject=subject,
        time=data.changed_at,
        key=subject,
    )
