"""A month of a campaign, day by day by the test's clock: what is judged live is what is judged again, and told so."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from services.quota.forecast.model import LineHistory
from services.quota.status.past import PastStatuses
from services.quota.status.store import kept_of
from services.quota.status.watching import StatusWatch
from shared.campaign.calendar import days_between
from shared.consuming import Outbox
from shared.events import Topic
from tests.services.quota.status.test_watching import EMBEDDED, interviews, part, told
from tests.services.quota.test_handlers import BOARD, CAMPAIGN, quota
from tests.services.running import until

__all__ = ["quota"]
FIRST, LAST = date(2024, 5, 11), date(2024, 6, 10)
MORNING = time(0, 0, tzinfo=UTC)
"""Eight o'clock in Suzhou."""


@pytest.fixture
async def watches(quota):
    """That of the service, and one more, as another process would have it."""
    other = StatusWatch(quota.platform, part(quota, Outbox))
    await other.start()
    yield part(quota, StatusWatch), other
    await other.stop()
    assert other.crashed is None


@pytest.fixture
def clock(clock):
    clock.now = datetime.combine(FIRST, MORNING)
    return clock


def pace(unit, day):
    """Taicang slackens, Kunshan catches up."""
    is_early = day < date(2024, 5, 24)
    return {"taicang": 20 if is_early else 4, "kunshan": 3 if is_early else 30}[unit]


@EMBEDDED
async def test_what_is_judged_day_by_day_by_two_processes_is_what_is_judged_again_and_told_once(
    quota, clock, watches
):
    campaign = quota.platform.campaign(CAMPAIGN)
    counts = {
        unit: {day: pace(unit, day) for day in campaign.calendar.working_days(FIRST, LAST)}
        for unit in ("taicang", "kunshan")
    }
    for day in days_between(FIRST, LAST):
        events = [
            each
            for unit, its in counts.items()
            for each in interviews(its.get(day, 0), unit=unit, day=str(day), mark=unit)
        ]
        await quota.append(Topic.SUBMISSIONS, *events)
        clock.now = datetime.combine(day + timedelta(1), MORNING)
        await judged_on(quota, campaign, day, watches)

    histories = [
        LineHistory(line.id, line.target_count, counts.get(line.id, {}))
        for line in campaign.quota_lines.values()
    ]
    past = PastStatuses()
    days = [past.on(campaign, histories, day, kind="") for day in days_between(FIRST, LAST)]
    board = (await quota.ask("off", "GET", f"{BOARD}/progress")).json()
    assert {line["quota_line"]: line["status"] for line in board["lines"]} == days[-1]
    for unit in counts:
        walked = [statuses[unit] for statuses in days]
        changes = [now for before, now in pairwise(walked) if now is not before]
        assert len(changes) >= 2
        assert await statuses_told(quota, unit, len(changes)) == changes


async def judged_on(quota, campaign, day, watches):
    async def is_so():
        for watch in watches:
            watch.wake()
        kept = await kept_of(quota.platform.store, campaign)
        return bool(kept) and all(its.judgement.judged_on == day for its in kept.values())

    await until(is_so, f"{day} to be judged")


async def statuses_told(quota, line, count):
    statuses = []

    async def are_there():
        statuses[:] = [each.status for each in await told(quota) if each.quota_line == line]
        return len(statuses) >= count

    await until(are_there, f"{count} changes of {line}")
    return statuses
