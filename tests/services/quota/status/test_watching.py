"""Statuses as the days pass, over real log and store: judged by one process, told once, shown by the board."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from functools import partial

import pytest

from services.quota.forecast.model import LineHistory
from services.quota.status.counted import counted_histories
from services.quota.status.judging import judge
from services.quota.status.store import STATUSES, kept_of
from services.quota.status.watching import COUNT_EVERY, StatusWatch
from shared.consuming import Outbox
from shared.events import QuotaStatusChanged, Topic
from tests.services.quota.test_handlers import BOARD, CAMPAIGN, board, quota, received, withdrawn
from tests.services.running import until

__all__ = ["quota"]
PROVINCIAL_TARGET = 500
EMBEDDED = pytest.mark.parametrize("engine", ["embedded"], indirect=True)
"""Where the engine doesn't matter."""


def part(quota, kind):
    (found,) = (component for component in quota.service.components if isinstance(component, kind))
    return found


async def told(quota):
    events = [e for e in await quota.events(Topic.QUOTA) if e.type == QuotaStatusChanged.event_type]
    return [QuotaStatusChanged.model_validate_json(event.data) for event in events]


async def statuses(quota, **params):
    query = "&".join(f"{name}={value}" for name, value in params.items())
    lines = (await quota.ask("off", "GET", f"{BOARD}/progress?{query}")).json()["lines"]
    return {line["quota_line"]: line["status"] for line in lines}


async def stands(quota, line, status):
    async def is_so():
        part(quota, StatusWatch).wake()
        return (await statuses(quota))[line] == status

    await until(is_so, f"{line} {status}")


async def told_of(quota, line, count):
    async def is_so():
        return len([each for each in await told(quota) if each.quota_line == line]) >= count

    await until(is_so, f"{count} changes of {line}")
    return [each for each in await told(quota) if each.quota_line == line]


def interviews(count, unit="provincial", day="2024-05-31", mark="n"):
    return [
        received(f"{mark}{day}-{n}", unit=unit, collected_at=f"{day}T09:00:00+08:00") for n in range(count)
    ]


async def test_a_line_is_judged_told_and_shown_as_days_pass_and_counts_move(quota, clock):
    await stands(quota, "provincial", "behind")
    (fell,) = await told_of(quota, "provincial", 1)
    assert (fell.status_before, fell.status, fell.is_better) == ("on_track", "behind", False)
    assert (str(fell.on), fell.counted_count, fell.target_count) == ("2024-05-31", 0, PROVINCIAL_TARGET)
    assert fell.rate_needed == pytest.approx(PROVINCIAL_TARGET / 49)

    await quota.append(Topic.SUBMISSIONS, *interviews(PROVINCIAL_TARGET))
    await board(quota, counted=PROVINCIAL_TARGET)
    clock.advance(COUNT_EVERY)
    await stands(quota, "provincial", "done")
    done = (await told_of(quota, "provincial", 2))[1]
    assert (done.status_before, done.status, done.is_better) == ("behind", "done", True)
    assert done.changed_at == "2024-06-01T01:32:00.000Z"

    await quota.append(Topic.SUBMISSIONS, withdrawn("n2024-05-31-0"))
    await board(quota, withdrawn=1)
    clock.advance(COUNT_EVERY)
    await stands(quota, "provincial", "ahead")
    assert (await statuses(quota))["taicang"] == "behind"
    assert len(await told_of(quota, "taicang", 1)) == 1
    assert (await quota.platform.store.count(STATUSES)) == 14


@EMBEDDED
async def test_a_new_day_is_judged_and_nothing_is_told_where_nothing_changed(quota, clock):
    await told_of(quota, "taicang", 1)
    await quota.append(Topic.SUBMISSIONS, *interviews(60, day="2024-06-01"))
    await board(quota, counted=60)
    clock.advance(timedelta(days=1))

    async def is_judged():
        part(quota, StatusWatch).wake()
        kept = await kept_of(quota.platform.store, quota.platform.campaign(CAMPAIGN))
        return str(kept["taicang"].judgement.judged_on) == "2024-06-01"

    await until(is_judged, "the next day")
    assert len(await told_of(quota, "taicang", 1)) == 1


@EMBEDDED
async def test_a_past_day_is_judged_again_from_what_is_known_of_it(quota):
    days = [f"2024-05-{day}" for day in (13, 14, 15, 16, 17, 20, 21)]
    await quota.append(Topic.SUBMISSIONS, *(each for day in days for each in interviews(60, day=day)))
    await board(quota, counted=60 * len(days))
    shown = [(await statuses(quota, on=day))["provincial"] for day in ("2024-05-14", "2024-05-20")]
    assert shown == ["on_track", "ahead"]
    assert (await statuses(quota, as_of="2024-05-20"))["provincial"] != "done", "of that day's arrivals"
    by = {by: await statuses(quota, as_of="2024-05-18", by=by) for by in ("collected", "received")}
    assert (by["collected"]["provincial"], by["received"]["provincial"]) == ("ahead", "behind")
    unit = (await quota.ask("off", "GET", f"{BOARD}/units/provincial?on=2024-05-20")).json()["line"]
    assert (unit["status"], unit["status_name"]) == ("ahead", "超前")
    table = (await quota.ask("off", "GET", f"{BOARD}/board.csv?on=2024-05-20")).text
    assert "有关部、省属单位工会,500,360,0.72,超前" in table


async def test_of_processes_that_judge_at_the_same_time_one_wins_and_it_is_told_once(quota, clock):
    await told_of(quota, "taicang", 1)
    platform, campaign = quota.platform, quota.platform.campaign(CAMPAIGN)
    line = LineHistory("taicang", 1000, {date(2024, 5, 20): 1000})
    judging = partial(judge, campaign, [line], clock(), store=platform.store, outbox=part(quota, Outbox))
    assert True in await asyncio.gather(*(judging() for _ in range(4)))
    assert [each.status for each in await told_of(quota, "taicang", 2)] == ["behind", "done"]
    assert (await kept_of(platform.store, campaign))["taicang"].version == 2


@EMBEDDED
async def test_nothing_is_judged_before_all_is_counted(quota):
    await quota.append(Topic.SUBMISSIONS, *interviews(3))
    await board(quota, counted=3)
    platform, campaign = quota.platform, quota.platform.campaign(CAMPAIGN)
    counted = partial(counted_histories, campaign, store=platform.store)
    ends = await platform.log.ends(Topic.SUBMISSIONS)
    histories = await counted(ends)
    assert histories is not None
    assert sum(sum(line.daily_counts.values()) for line in histories) == 3
    assert await counted({partition: end + 1 for partition, end in ends.items()}) is None
