"""The board as of a day, by collection and by arrival, and day by day; and why a submission lies where it lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.quota.app import build
from shared.events import Topic
from tests.services.quota.test_handlers import BOARD, board, quota, received, signed_off, withdrawn
from tests.services.running import running, suzhou

__all__ = ["quota"]
LATE = {"received_at": "2024-05-23T01:00:00.000Z"}


def with_targets(campaign, target_count):
    """``campaign``, where every line owes so many interviews."""
    lines = {id: replace(line, target_count=target_count) for id, line in campaign.quota_lines.items()}
    return replace(campaign, quota_lines=lines)


async def ask(quota, path, **params):
    query = "&".join(f"{name}={value}" for name, value in params.items())
    answer = await quota.ask("off", "GET", f"{BOARD}/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def three_days(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a"),
        received("bb", collected_at="2024-05-21T23:30:00+08:00", received_at="2024-05-21T16:30:00.000Z"),
        received("ccc", collected_at="2024-05-20T18:00:00+08:00", **LATE),
        received("dddd", mode="online", channel="wechat", collected_at="2024-05-22T08:00:00+08:00", **LATE),
        received("eeeee", person="p", unit="kunshan", **LATE),
        received("ffffff", person="p", unit="taicang"),
    )
    await board(quota, counted=4, online=1, duplicate_person=1)


@pytest.mark.servers_too
@pytest.mark.parametrize(
    ("by", "as_of", "accepted", "counted"),
    [
        ("received", "2024-05-19", 0, 0),
        ("received", "2024-05-20", 2, 2),
        ("received", "2024-05-21", 2, 2),
        ("received", "2024-05-22", 3, 3),
        ("received", "2024-05-23", 6, 4),
        ("collected", "2024-05-20", 4, 3),
        ("collected", "2024-05-21", 5, 4),
        ("collected", "2024-05-22", 6, 4),
    ],
)
async def test_the_board_as_of_a_day(quota, by, as_of, accepted, counted):
    await three_days(quota)
    told = await ask(quota, "progress", as_of=as_of, by=by)
    assert (told["accepted"], told["counted"], told["on"]) == (accepted, counted, as_of)
    unit = await ask(quota, "units/kunshan", as_of=as_of, by=by)
    assert unit["unit"]["eligible"] == 0


async def test_the_series_adds_up_to_the_board(quota):
    await three_days(quota)
    for by in ("received", "collected"):
        days = (await ask(quota, "series", by=by))["days"]
        assert [day["day"] for day in days] == sorted(day["day"] for day in days)
        assert days[-1]["eligible_total"] == sum(day["eligible"] for day in days) == 4
        assert sum(sum(day["buckets"].values()) for day in days) == 2
    kunshan = (await ask(quota, "series", unit="kunshan"))["days"]
    assert [(day["day"], day["eligible"], day["buckets"]) for day in kunshan] == [
        ("2024-05-23", 0, {"duplicate_person": 1})
    ]
    line = (await ask(quota, "series", quota_line="taicang"))["days"]
    assert [day["eligible_total"] for day in line] == [2, 3, 4]


async def test_what_was_withdrawn_is_withdrawn_on_every_day(quota):
    await three_days(quota)
    await quota.append(Topic.SUBMISSIONS, withdrawn("a"))
    await board(quota, counted=3, withdrawn=1)
    told = await ask(quota, "progress", as_of="2024-05-20")
    assert (told["buckets"]["counted"], told["buckets"]["withdrawn"]) == (1, 1)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ("quota_line=nowhere", 404),
        ("unit=nowhere", 404),
        ("unit=taicang&quota_line=taicang", 422),
        ("by=sometimes", 422),
    ],
)
async def test_a_series_of_nothing_is_refused(quota, params, status):
    assert (await quota.ask("off", "GET", f"{BOARD}/series?{params}")).status_code == status


async def test_a_unit_sees_its_own_series_and_no_others(quota):
    assert (await quota.ask("own", "GET", f"{BOARD}/series?unit=taicang")).status_code == 200
    assert (await quota.ask("own", "GET", f"{BOARD}/series?unit=kunshan")).status_code == 404
    assert (await quota.ask("own", "GET", f"{BOARD}/series")).status_code == 404


@pytest.mark.parametrize(
    ("events", "bucket", "reason"),
    [
        ([received("a")], "counted", "计入“太仓市”的名额"),
        (
            [received("a", mode="online", channel="wechat")],
            "online",
            "微信公众号提交，名额只计线下访谈。",
        ),
        ([received("a", age_band="41+")], "ineligible_age", "41+ 岁，名额只计 40 周岁"),
        ([received("a", age_band=None)], "ineligible_age", "没有登记年龄"),
        ([received("a", edition="new_employment")], "wrong_edition", "只计用通用版问卷"),
        ([received("a", unit="city")], "wrong_edition", "不承担访谈名额"),
        ([received("a", unit="financial")], "awaiting_sign_off", "签字确认后才计数"),
        ([received("a", unit="financial"), signed_off("a")], "counted", "金融工会"),
        ([received("a"), withdrawn("a")], "withdrawn", "撤回"),
    ],
)
async def test_a_submission_says_why_it_lies_where_it_lies(quota, events, bucket, reason):
    await quota.append(Topic.SUBMISSIONS, *events)
    await board(quota, **{bucket: 1})
    told = (await quota.ask("off", "GET", "/quota/v1/submissions/a")).json()
    assert told["bucket"] == bucket
    assert reason in told["reason"]
    assert (told["collected_on"], told["received_on"]) == ("2024-05-20", "2024-05-20")


async def test_a_second_interview_says_when_and_where_the_first_was(quota):
    first, second = received("a", person="p"), received("bb", person="p", unit="kunshan")
    await quota.append(Topic.SUBMISSIONS, second, first)
    await board(quota, counted=1, duplicate_person=1)
    told = (await quota.ask("off", "GET", "/quota/v1/submissions/bb")).json()
    assert told["bucket"] == "duplicate_person"
    assert "另一个责任单位计入一次（2024-05-20 收到）" in told["reason"]


async def test_what_came_after_the_target_on_the_same_day_is_over_it_and_moves_up_when_one_is_taken_back(
    engine, tmp_path, clock
):
    small = with_targets(suzhou(), 2)
    async with running(build, engine, tmp_path, clock, campaign=small) as quota:
        quota.be("off", "office")
        early = received("z", received_at="2024-05-19T01:00:00.000Z")
        await quota.append(Topic.SUBMISSIONS, received("ccc"), received("bb"), received("a"), early)
        await board(quota, counted=2, over_target=2)

        async def lies(id: str) -> tuple[str, str]:
            told = (await quota.ask("off", "GET", f"/quota/v1/submissions/{id}")).json()
            return told["bucket"], told["reason"]

        assert [(await lies(id))[0] for id in ("z", "a", "bb", "ccc")] == [
            *["counted"] * 2,
            *["over_target"] * 2,
        ]
        assert "“太仓市”的 2 个名额此前已满" in (await lies("bb"))[1]
        await quota.append(Topic.SUBMISSIONS, withdrawn("z"))
        await board(quota, counted=2, over_target=1)
        assert [(await lies(id))[0] for id in ("a", "bb", "ccc")] == ["counted", "counted", "over_target"]


async def test_nobody_is_told_of_what_isnt_theirs(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"), received("b", unit="kunshan"))
    await board(quota, counted=2)
    own, others, none = [await quota.ask("own", "GET", f"/quota/v1/submissions/{id}") for id in "abx"]
    assert (own.status_code, others.status_code, none.status_code) == (200, 404, 404)
    assert others.json()["code"] == none.json()["code"] == "unknown-submission"


@pytest.mark.parametrize("unit", [None, "taicang"])
async def test_the_schedule_says_what_is_due_done_and_needed(quota, unit):
    await three_days(quota)
    query = "on=2024-05-20" + (f"&unit={unit}" if unit else "")
    told = (await quota.ask("own" if unit else "off", "GET", f"{BOARD}/schedule?{query}")).json()
    assert told["on"] == "2024-05-20"
    assert len(told["lines"]) == (1 if unit else 14)
    (taicang,) = [line for line in told["lines"] if line["quota_line"] == "taicang"]
    assert (taicang["target"], taicang["ends_on"], taicang["due"], taicang["done"]) == (
        1000,
        "2024-08-10",
        108,
        3,
    )
    assert taicang["days_left"] == 58
    assert taicang["rate_needed"] == pytest.approx(997 / 58)
    assert [day["done"] for day in taicang["days"][6:9]] == [3, None, None]


async def test_who_owes_nothing_has_no_schedule_and_nobody_sees_anothers(quota):
    assert (await quota.ask("off", "GET", f"{BOARD}/schedule?unit=city")).json()["lines"] == []
    assert (await quota.ask("own", "GET", f"{BOARD}/schedule")).status_code == 404
    assert (await quota.ask("own", "GET", f"{BOARD}/schedule?unit=kunshan")).status_code == 404


async def test_the_forecast_looks_ahead_from_what_was_done_until_a_day(quota):
    events = [
        received(f"n{day}-{number}", collected_at=f"2024-05-{day}T09:00:00+08:00")
        for day in (13, 14, 15, 16, 17, 20)
        for number in range(12)
    ]
    await quota.append(Topic.SUBMISSIONS, *events)
    await board(quota, counted=72)
    told = (await quota.ask("own", "GET", f"{BOARD}/forecast?on=2024-05-17&unit=taicang")).json()
    (line,) = told["lines"]
    assert (told["on"], told["ends_on"]) == ("2024-05-17", "2024-08-10")
    assert (line["quota_line"], line["target"], line["done"]) == ("taicang", 1000, 60)
    assert 60 < line["final_low"] < line["final_expected"] < line["final_high"]
    assert 0 < line["reaches_target_probability"] < 1
    over = (await quota.ask("off", "GET", f"{BOARD}/forecast?on=2024-08-10")).json()
    assert len(over["lines"]) == 14
    assert [(each["final_low"], each["final_high"]) for each in over["lines"] if each["done"]] == [(72, 72)]
    assert (await quota.ask("own", "GET", f"{BOARD}/forecast")).status_code == 404


async def test_the_forecast_names_the_days_by_which_the_target_may_be_reached(engine, tmp_path, clock):
    small = with_targets(suzhou(), 150)
    days = small.calendar.working_days(date(2024, 5, 13), date(2024, 5, 20))
    events = [
        received(f"n{day}-{number}", collected_at=f"{day}T09:00:00+08:00")
        for place, day in enumerate(days)
        for number in range(9 + 6 * (place % 2))
    ]
    async with running(build, engine, tmp_path, clock, campaign=small) as quota:
        quota.be("off", "office")
        await quota.append(Topic.SUBMISSIONS, *events)
        await board(quota, counted=len(events))
        (line,) = (await ask(quota, "forecast", on="2024-05-20", unit="taicang"))["lines"]
    finishes = [line[f"finishes_{when}"] for when in ("earliest", "expected", "latest")]
    assert finishes == sorted(finishes)
    assert "2024-05-20" < finishes[0] < finishes[2] <= "2024-08-10"
