"""Interviews and persons, interview points, editions, and the text that was agreed to, on the board."""

from __future__ import annotations

import shutil

import pytest

from services.cli.rebuilding import rebuild, runners_of
from services.quota.app import build
from shared.campaign import load_campaign
from shared.events import Consent, Topic
from tests.services.quota.obligations.happened import event as event_of
from tests.services.quota.obligations.happened import no_point, point
from tests.services.quota.test_days import ask
from tests.services.quota.test_handlers import BOARD, CAMPAIGN, board, quota, received, withdrawn
from tests.services.running import running, until

__all__ = ["quota"]
TOWN, FIRM = "taicang-town-01", "taicang-firm-02"


@pytest.mark.servers_too
async def test_interviews_and_persons_are_told_apart(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", person="p"),
        received("bb", person="p", unit="kunshan"),
        received("ccc", person="p"),
        received("dddd", person="q"),
        received("eeeee"),
    )
    await board(quota, counted=3, duplicate_person=2)
    told = await ask(quota, "progress")
    assert (told["target"], told["quota"], told["interviews"], told["persons"]) == (10_000, 12_000, 5, 3)
    lines = {line["quota_line"]: line for line in told["lines"]}
    taicang, kunshan = lines["taicang"], lines["kunshan"]
    assert (taicang["interviews"], taicang["persons"], taicang["counted"]) == (4, 3, 3)
    assert (kunshan["interviews"], kunshan["persons"], kunshan["counted"]) == (1, 1, 0)
    assert [(unit["interviews"], unit["persons"]) for unit in kunshan["units"]] == [(1, 1)]


async def test_a_lines_persons_are_counted_once_in_all_its_units(quota):
    first, second, *_ = (await ask(quota, "progress"))["lines"][10]["units"]
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", person="p", unit=first["unit"]),
        received("bb", person="p", unit=second["unit"]),
    )
    await board(quota, counted=1, duplicate_person=1)
    line = (await ask(quota, "progress"))["lines"][10]
    assert (line["interviews"], line["persons"]) == (2, 1)
    assert [unit["persons"] for unit in line["units"][:2]] == [1, 1]


async def test_a_shared_line_shows_its_members_parts_to_the_office_and_to_a_member_its_own(quota):
    quota.be("metro", "unit_admin", unit="metro")
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", unit="metro"),
        received("bb", unit="health"),
        received("ccc", unit="health"),
        received("dddd", unit="health", age_band="41+"),
        withdrawn("ccc"),
    )
    await board(quota, counted=2, ineligible_age=1, withdrawn=1)
    whole = await ask(quota, "units/metro")
    parts = {unit["unit"]: unit for unit in whole["line"]["units"]}
    assert (len(parts), parts["metro"]["eligible"], parts["health"]["eligible"]) == (11, 1, 1)
    assert (parts["health"]["buckets"]["withdrawn"], whole["line"]["buckets"]["ineligible_age"]) == (1, 1)
    own = (await quota.ask("metro", "GET", f"{BOARD}/units/metro")).json()
    assert own["unit"] == whole["unit"]
    hidden = {"interviews": None, "persons": None, "buckets": None, "units": [own["unit"]]}
    assert own["line"] == {**whole["line"], **hidden}
    assert own["line"]["counted"] == 2


async def test_who_has_a_line_for_itself_sees_all_of_it(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)
    own = (await quota.ask("own", "GET", f"{BOARD}/units/taicang")).json()
    assert own == await ask(quota, "units/taicang")
    assert own["line"]["buckets"]["counted"] == 1


async def test_every_edition_has_a_target_of_its_own(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"), received("bb", edition="new_employment"))
    await board(quota, counted=1, wrong_edition=1)
    told = {each["edition"]: each for each in (await ask(quota, "progress"))["editions"]}
    assert [(each["target"], each["counted"]) for each in told.values()] == [(11_500, 1), (500, 0)]


async def test_an_interview_under_a_text_that_doesnt_count_says_so(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", consent=Consent(version="2023-01", given_at="2024-05-20T09:29:00+08:00")),
    )
    await board(quota, consent_not_counted=1)
    answer = await quota.ask("off", "GET", "/quota/v1/submissions/a")
    assert (answer.json()["bucket"], answer.json()["bucket_name"]) == (
        "consent_not_counted",
        "同意书版本不计",
    )
    assert "2023-01" in answer.json()["reason"]
    assert "2024-05" in answer.json()["reason"]


@pytest.mark.servers_too
async def test_a_point_tells_its_interviews_and_their_days(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", point=TOWN),
        received("bb", point=TOWN, collected_at="2024-05-22T10:00:00+08:00"),
        received("ccc", point=TOWN, collected_at="2024-05-24T10:00:00+08:00"),
        received("dddd", point=FIRM, person="p"),
        received("eeeee", point=TOWN, person="p"),
        received("ffffff", point=FIRM, age_band="41+"),
        withdrawn("ccc"),
    )
    await board(quota, counted=3, duplicate_person=1, ineligible_age=1, withdrawn=1)
    points = {
        each["point"]: each
        for each in (await ask(quota, "points", unit="taicang", on="2024-05-30"))["points"]
    }
    assert (points[TOWN]["eligible"], points[TOWN]["first_on"], points[TOWN]["last_on"]) == (
        2,
        "2024-05-20",
        "2024-05-22",
    )
    assert (points[FIRM]["eligible"], points["taicang-town-02"]["eligible"]) == (1, 0)
    assert points["taicang-town-02"]["last_on"] is None
    earlier = {each["point"]: each for each in (await ask(quota, "points", on="2024-05-21"))["points"]}
    assert (len(earlier), earlier[TOWN]["eligible"]) == (791, 1)


async def test_a_point_has_the_target_that_the_definition_gives_it(engine, tmp_path, clock):
    folder = shutil.copytree("deploy/campaigns/suzhou-2024", tmp_path / CAMPAIGN)
    units = folder / "units.yaml"
    told = units.read_text("utf-8")
    units.write_text(
        told.replace("{kind: town, count: 8}", "{kind: town, count: 8, target_count: 40}"), "utf-8"
    )
    async with running(build, engine, tmp_path, clock, campaign=load_campaign(folder)) as quota:
        quota.be("off", "office")
        await quota.append(Topic.SUBMISSIONS, received("a", point=TOWN))
        await board(quota, counted=1)
        points = {each["point"]: each for each in (await ask(quota, "points", unit="taicang"))["points"]}
    assert (points[TOWN]["target"], points[TOWN]["eligible"], points[FIRM]["target"]) == (40, 1, None)


@pytest.mark.servers_too
async def test_a_point_that_a_unit_has_set_up_itself_is_counted_and_a_rebuild_finds_the_same(quota):
    name = "城厢镇青年公寓访谈点"
    await quota.append(
        Topic.OBLIGATIONS,
        event_of(point("own", "2024-05-18", name=name)),
        event_of(no_point("own", "2024-05-18", "2024-06-30", name=name)),
        event_of(point("later", "2024-06-10", name="以后设的")),
        event_of(no_point("mistaken", "2024-05-18", "2024-05-18", name="错设的")),
    )
    await quota.append(Topic.SUBMISSIONS, received("a", point="own"), received("bb", point=TOWN))
    await board(quota, counted=2)

    async def is_named():
        return "own" in await _points(quota, "2024-05-30")

    await until(is_named, "the point to be known")
    for _ in range(2):
        points = await _points(quota, "2024-05-30")
        assert (points["own"]["name"], points["own"]["unit"], points["own"]["target"]) == (
            name,
            "taicang",
            None,
        )
        assert (points["own"]["eligible"], points["own"]["last_on"]) == (1, "2024-05-20")
        assert points.keys() & {"later", "mistaken"} == set()
        assert "later" in await _points(quota, "2024-06-10")
        assert "own" not in await _points(quota, "2024-05-17")
        assert (
            await rebuild(runners_of(build(quota.platform)), quota.platform.log, quota.platform.store)
        ).is_equal


async def _points(quota, on):
    answer = await ask(quota, "points", unit="taicang", on=on)
    return {each["point"]: each for each in answer["points"]}


async def test_a_unit_sees_its_own_points_and_no_others(quota):
    path = "/quota/v1/campaigns/suzhou-2024/points"
    own = await quota.ask("own", "GET", f"{path}?unit=taicang")
    assert {point["unit"] for point in own.json()["points"]} == {"taicang"}
    assert (await quota.ask("own", "GET", f"{path}?unit=kunshan")).status_code == 404
    assert (await quota.ask("own", "GET", path)).status_code == 404
