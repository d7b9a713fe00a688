"""Soft quotas and advice over HTTP, from folded interviews."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.quota.app import build
from shared.campaign import ReferenceMargin
from shared.events import Topic
from tests.services.quota.obligations.happened import event, no_point, point
from tests.services.quota.test_days import ask
from tests.services.quota.test_handlers import board, quota, received, withdrawn
from tests.services.running import running, suzhou, until

__all__ = ["quota"]


async def some_interviews(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", sex="male", age_band="26-30", point="taicang-town-01"),
        received("bb", sex="female", age_band="21-25", person="p"),
        received("ccc", sex="female", age_band="21-25", person="p"),
        received("dddd", sex="male", unit="kunshan"),
        received("eeeee", sex="male", mode="online", channel="wechat"),
        received("ffffff", sex="female"),
        received("ggggggg"),
        withdrawn("ffffff"),
    )
    await board(quota, counted=4, duplicate_person=1, online=1, withdrawn=1)


@pytest.mark.servers_too
async def test_a_soft_quota_counts_the_eligible_interviews_of_each_group(quota):
    await some_interviews(quota)
    sex, age = (await ask(quota, "soft-quotas"))["soft_quotas"]
    assert [(each["name"], each["target"], each["eligible"], each["missing"]) for each in sex["groups"]] == [
        ("男", 5600, 2, 5598),
        ("女", 4400, 1, 4399),
    ]
    assert (sex["dimensions"], sex["unplaced"]) == (["sex"], 1)
    assert sex["distance"] == pytest.approx(2 / 3 - 0.56, abs=1e-5)
    assert (sum(each["target"] for each in age["groups"]), age["unplaced"]) == (10_000, 0)


@pytest.mark.servers_too
async def test_soft_quotas_as_of_a_day_leave_out_what_came_or_was_held_later(quota):
    def on(collected, came):
        return {"collected_at": f"{collected}T09:30:00+08:00", "received_at": f"{came}T01:30:00.000Z"}

    await quota.append(
        Topic.SUBMISSIONS,
        received("a", sex="male", **on("2024-05-20", "2024-05-22")),
        received("bb", sex="female", person="p", **on("2024-05-21", "2024-05-21")),
        received("ccc", sex="female", person="p", **on("2024-05-20", "2024-05-23")),
        received("dddd", **on("2024-05-20", "2024-05-20")),
        received("eeeee", sex="male", **on("2024-05-20", "2024-05-20")),
        withdrawn("eeeee"),
    )
    await board(quota, counted=3, duplicate_person=1, withdrawn=1)

    async def counts(**when):
        sex, _ = (await ask(quota, "soft-quotas", **when))["soft_quotas"]
        return [*(each["eligible"] for each in sex["groups"]), sex["unplaced"]]

    for by, day, expected in (
        ("received", "2024-05-19", [0, 0, 0]),
        ("received", "2024-05-21", [0, 1, 1]),
        ("received", "2024-05-22", [1, 1, 1]),
        ("collected", "2024-05-20", [1, 0, 1]),
        ("collected", "2024-05-21", [1, 1, 1]),
    ):
        assert await counts(by=by, as_of=day) == expected
        assert await counts(by=by, as_of=day, unit="kunshan") == [0, 0, 0]
        assert (await ask(quota, "progress", by=by, as_of=day))["counted"] == sum(expected)
    assert await counts(as_of="2024-08-10") == await counts()


async def test_a_lines_and_a_units_soft_quotas_are_of_their_own_target(quota):
    await some_interviews(quota)
    for which in ({"quota_line": "taicang"}, {"unit": "taicang"}):
        sex, _ = (await ask(quota, "soft-quotas", **which))["soft_quotas"]
        assert [(each["target"], each["eligible"]) for each in sex["groups"]] == [(560, 1), (440, 1)]


async def test_a_unit_without_a_target_of_its_own_has_shares_and_no_targets(quota):
    await quota.append(Topic.SUBMISSIONS, received("a", unit="metro", sex="male"))
    await board(quota, counted=1)
    for unit, eligible in (("metro", 1), ("city", 0)):
        sex, _ = (await ask(quota, "soft-quotas", unit=unit))["soft_quotas"]
        assert [(each["target"], each["eligible"], each["missing"]) for each in sex["groups"]] == [
            (None, eligible, None),
            (None, 0, None),
        ]
    sex, _ = (await ask(quota, "soft-quotas", quota_line="bureaus"))["soft_quotas"]
    assert [(each["target"], each["missing"]) for each in sex["groups"]] == [(280, 279), (220, 220)]


async def test_questions_are_dimensions_too_alone_and_crossed(engine, tmp_path, clock):
    margins = (
        ReferenceMargin(("general.q01",), {("a",): 0.25, ("b",): 0.75}),
        ReferenceMargin(
            ("sex", "general.q01"),
            {("male", "a"): 0.1, ("male", "b"): 0.4, ("female", "a"): 0.2, ("female", "b"): 0.3},
        ),
    )
    campaign = replace(suzhou(), reference_margins=margins)
    async with running(build, engine, tmp_path, clock, campaign=campaign) as quota:
        quota.be("off", "office")
        await quota.append(
            Topic.SUBMISSIONS,
            received("a", sex="male", answers={"q01": "a"}),
            received("bb", sex="male", answers={"q01": "b"}),
            received("ccc", sex="female", answers={"q01": "b"}),
            received("dddd", answers={"q01": "a"}),
        )
        await board(quota, counted=4)
        alone, crossed = (await ask(quota, "soft-quotas", unit="taicang"))["soft_quotas"]
        told = await ask(quota, "advice", unit="taicang", on="2024-05-29")
    assert [(each["group"], each["target"], each["eligible"]) for each in alone["groups"]] == [
        ({"general.q01": "a"}, 250, 2),
        ({"general.q01": "b"}, 750, 2),
    ]
    assert (crossed["dimensions"], crossed["unplaced"]) == (["sex", "general.q01"], 1)
    assert [(each["target"], each["eligible"], each["missing"]) for each in crossed["groups"]] == [
        (100, 1, 99),
        (400, 1, 399),
        (200, 0, 200),
        (300, 1, 299),
    ]
    assert " × " in crossed["name"]
    assert {"sex", "general.q01"} == told["seek"][0]["group"].keys()


async def test_advice_names_the_groups_that_help_and_the_points_that_are_quiet(quota):
    await some_interviews(quota)
    told = await ask(quota, "advice", unit="taicang", on="2024-05-29")
    assert told["seek"]
    assert all(each["distance_after"] < told["distance"] for each in told["seek"])
    assert told["seek"][0]["gain"] == pytest.approx(
        told["distance"] - told["seek"][0]["distance_after"], abs=1e-5
    )
    quiet = {each["point"]: each for each in told["quiet_points"]}
    held = quiet["taicang-town-01"]
    assert (held["last_on"], held["quiet_working_days"], held["eligible"]) == ("2024-05-20", 7, 1)
    assert quiet["taicang-town-02"]["last_on"] is None


async def test_a_point_is_quiet_from_the_day_when_it_was_set_up_and_not_once_it_is_closed(quota):
    first, second, third = (f"taicang-town-0{number}" for number in (1, 2, 3))
    await quota.append(
        Topic.OBLIGATIONS,
        event(point(first, "2024-05-27")),
        event(point(second, "2024-05-13")),
        event(no_point(third, "2024-05-13", "2024-05-20")),
    )

    async def are_known():
        found = (await ask(quota, "advice", unit="taicang", on="2024-05-29"))["quiet_points"]
        quiet = {each["point"]: each["quiet_working_days"] for each in found}
        return quiet.get(second) == 13 and not {first, third} & quiet.keys()

    await until(are_known, "points by the day when they were set up")


async def test_a_point_that_a_unit_has_set_up_itself_goes_quiet_too(quota):
    await quota.append(
        Topic.OBLIGATIONS,
        event(point("own", "2024-05-20", name="城厢镇青年公寓访谈点")),
        event(no_point("shut", "2024-05-13", "2024-05-28", name="已关闭的")),
    )

    async def is_quiet():
        found = (await ask(quota, "advice", unit="taicang", on="2024-05-29"))["quiet_points"]
        told = {each["point"]: (each["name"], each["unit"], each["quiet_working_days"]) for each in found}
        return "shut" not in told and told.get("own") == ("城厢镇青年公寓访谈点", "taicang", 8)

    await until(is_quiet, "the point to be named")


async def test_outside_the_interviewing_phase_no_point_is_quiet(quota):
    for day in ("2024-05-10", "2024-08-20"):
        assert (await ask(quota, "advice", on=day))["quiet_points"] == []


async def test_a_unit_gets_advice_for_itself_alone(quota):
    path = "/quota/v1/campaigns/suzhou-2024"
    for what in ("advice", "soft-quotas"):
        assert (await quota.ask("own", "GET", f"{path}/{what}?unit=taicang")).status_code == 200
        assert (await quota.ask("own", "GET", f"{path}/{what}?unit=kunshan")).status_code == 404
        assert (await quota.ask("own", "GET", f"{path}/{what}")).status_code == 404
