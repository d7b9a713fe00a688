"""The event of a change: what it says, and that telling it again is the same event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.quota.forecast.model import LineHistory
from services.quota.status.grounds import grounds_of, last_whole_day
from services.quota.status.telling import change_event
from shared.events import Event, QuotaStatus, QuotaStatusChanged
from tests.suzhou import suzhou

SUZHOU = suzhou()
DAY, NOW = date(2024, 6, 17), datetime(2024, 6, 18, 0, 0, 1, tzinfo=UTC)
COUNTS = dict.fromkeys(SUZHOU.calendar.working_days(SUZHOU.interviewing.starts_on, DAY), 10)


def changed(
    status: QuotaStatus = QuotaStatus.BEHIND, day: date = DAY, now: datetime = NOW, line: str = "kunshan"
) -> Event:
    history = LineHistory(line, 1000, COUNTS)
    grounds = grounds_of(SUZHOU, [history], day, today=day)[line]
    return change_event(SUZHOU, history, grounds, (QuotaStatus.ON_TRACK, status), now)


def test_the_event_says_what_the_status_rests_on() -> None:
    data = QuotaStatusChanged.model_validate_json(changed().data)
    done = 10 * len(COUNTS)
    days_left = len(SUZHOU.calendar.working_days(DAY + timedelta(1), SUZHOU.interviewing.ends_on))
    assert (data.quota_line, data.status_before, data.status, data.is_better, data.on) == (
        "kunshan",
        "on_track",
        "behind",
        False,
        DAY,
    )
    assert (data.counted_count, data.target_count) == (done, 1000)
    assert done < data.final_low < data.final_expected < data.final_high < 1000
    assert data.reaches_target_probability < 0.1
    assert data.rate_needed == (1000 - done) / days_left
    assert data.changed_at == "2024-06-18T00:00:01.000Z"


def test_the_same_line_day_and_status_is_the_same_event_whenever_it_is_told() -> None:
    assert changed().id == changed(now=NOW + timedelta(hours=3)).id
    others = [
        changed(status=QuotaStatus.AT_RISK),
        changed(day=DAY + timedelta(1)),
        changed(line="taicang"),
    ]
    assert len({changed().id, *(other.id for other in others)}) == 4


def test_a_day_is_whole_from_eight_in_the_morning_on_in_the_campaigns_time_zone() -> None:
    assert last_whole_day(SUZHOU, datetime(2024, 6, 17, 23, 59, tzinfo=UTC)) == date(2024, 6, 16)
    assert last_whole_day(SUZHOU, datetime(2024, 6, 18, 0, 0, tzinfo=UTC)) == date(2024, 6, 17)
