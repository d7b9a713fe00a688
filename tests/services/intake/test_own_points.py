"""Interviews at a point that its unit has set up itself: accepted through every channel, in every process."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from services.intake.app import build
from services.intake.own_points import OwnPointsFold
from shared.events import Topic, to_message
from shared.log.port import LoggedMessage, TopicPartition
from tests.services.intake.conftest import points_are_read
from tests.services.intake.excel.conftest import Importing, be_people, set_folders
from tests.services.intake.excel.workbooks import read_back, row, workbook
from tests.services.intake.forms import CAMPAIGN, content
from tests.services.intake.test_spooling import log_away
from tests.services.quota.obligations.happened import event, no_point, point
from tests.services.running import running, until

PATH = "/intake/v1/submissions"
POINTS = "/intake/v1/campaigns/suzhou-2024/units/zhangjiagang/points"
NAME = "塘桥镇青年公寓访谈点"
NEW = {"name": NAME, "kind": "dormitory", "set_up_on": "2024-05-18"}
VISIT = {
    **{"campaign": "suzhou-2024", "unit": "zhangjiagang", "source_id": "a1", "kind": "visit"},
    **{"held_on": "2024-05-31", "people_count": 12, "firm": "江南精密制造有限公司"},
}
embedded_alone = pytest.mark.parametrize("engine", ["embedded"], indirect=True)


async def set_up(intake, **changes):
    """A point of Zhangjiagang that is none of the definition; its id."""
    intake.be("admin", "unit_admin", unit="zhangjiagang")
    answer = await intake.ask("admin", "POST", POINTS, **{**NEW, **changes})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["point"]


async def accepted_at(intake, point, source_id="own"):
    """What is answered to an interview there once it is accepted, within a second."""
    answers = []

    async def is_accepted():
        body = content(point=point, source_id=source_id)
        answers.append(await intake.post("offline", PATH, body))
        return answers[-1].status_code == 201

    await until(is_accepted, f"an interview at {point} to be accepted", within_s=1)
    return answers[-1].json()


async def problem_of(answer):
    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["problems"]
    assert problem["field"] == "point"
    return problem["message"]


async def test_an_interview_at_a_point_that_its_unit_has_set_up_is_accepted(intake):
    own = await set_up(intake)
    told = await accepted_at(intake, own)
    (received,) = await intake.events(Topic.SUBMISSIONS)
    assert (received.id, json.loads(received.data)["point"]) == (told["submission_id"], own)
    lines = [content(point=own, source_id="first"), content(point=own, source_id="second", unit="kunshan")]
    batch = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    assert [json.loads(line)["status"] for line in batch.text.splitlines()] == [201, 422]


async def test_who_names_an_unknown_point_is_told_where_to_see_those_that_there_are(intake):
    text = await problem_of(await intake.post("offline", PATH, content(point="atlantis")))
    assert "“zhangjiagang”" in text
    assert POINTS in text
    assert "登记" in text


async def test_what_was_set_up_is_known_again_after_a_restart(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        own = await set_up(intake)
        await accepted_at(intake, own)
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        await points_are_read(intake)
        answer = await intake.post("offline", PATH, content(point=own, source_id="afterwards"))
        assert answer.status_code == 201


@pytest.mark.parametrize(
    "engine", [pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.mongo])], indirect=True
)
async def test_every_process_knows_what_was_set_up_at_one_of_them(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    async with (
        running(build, engine, tmp_path, clock) as one,
        running(build, engine, tmp_path, clock) as other,
    ):
        other.be_channels()
        await points_are_read(other)
        await accepted_at(other, await set_up(one))


@embedded_alone
async def test_nobody_is_told_that_there_is_no_such_point_while_nobody_knows(
    engine, tmp_path, clock, monkeypatch
):
    set_folders(monkeypatch, tmp_path)
    own = await _set_up_earlier(engine, tmp_path, clock)
    with log_away(engine):
        async with running(build, engine, tmp_path, clock, waits_for_log=False) as intake:
            intake.be_channels()
            intake.be("lead", "team_lead", unit="zhangjiagang")
            lines = [content(point=own), content(source_id="elsewhere"), content(source_id="no", unit="x")]
            batch = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
            answers = [json.loads(line) for line in batch.text.splitlines()]
            assert [each["status"] for each in answers] == [503, 201, 422]
            assert "访谈点" in answers[0]["detail"]
            visit = await intake.ask("lead", "POST", "/intake/v1/activities", **VISIT, point=own)
            assert visit.status_code == 503


async def _set_up_earlier(engine, tmp_path, clock):
    """Its id; by a process that is no more."""
    async with running(build, engine, tmp_path, clock) as intake:
        own = await set_up(intake)
        await until(lambda: _is_told(intake), "the point to be told")
    return own


async def _is_told(intake):
    return len(await intake.events(Topic.OBLIGATIONS)) == 1


@embedded_alone
async def test_a_point_set_up_by_mistake_is_none_and_a_closed_one_still_takes_what_comes_late(intake):
    own, mistaken = await set_up(intake), await set_up(intake, name="错设的访谈点")
    await accepted_at(intake, own)
    await accepted_at(intake, mistaken, "before")
    await intake.ask("admin", "POST", f"{POINTS}/{own}:close", closed_on="2024-05-30")
    await intake.ask("admin", "POST", f"{POINTS}/{mistaken}:close", closed_on=NEW["set_up_on"])

    async def is_none():
        answer = await intake.post("offline", PATH, content(point=mistaken, source_id="mistaken"))
        return answer.status_code == 422

    await until(is_none, "the point not to be there")
    answer = await intake.post("offline", PATH, content(point=own, source_id="late"))
    assert answer.status_code == 201


@embedded_alone
async def test_an_activity_may_be_held_there(intake):
    own = await set_up(intake)
    await accepted_at(intake, own)
    intake.be("lead", "team_lead", unit="zhangjiagang")
    assert (await intake.ask("lead", "POST", "/intake/v1/activities", **VISIT, point=own)).status_code == 201
    other = {**VISIT, "point": "atlantis", "source_id": "a2"}
    text = await problem_of(await intake.ask("lead", "POST", "/intake/v1/activities", **other))
    assert POINTS in text


@embedded_alone
async def test_a_row_of_a_workbook_may_name_it_by_its_name_or_its_id(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    async with running(build, engine, tmp_path, clock) as intake:
        be_people(intake)
        own = await set_up(intake)
        await accepted_at(intake, own)
        importing = Importing(intake, tmp_path)
        rows = [row(1, point=NAME), row(2, point=own), row(3, point="没有的访谈点")]
        job = await importing.ended(workbook(rows))
        assert (job["accepted"], job["refused"]) == (2, 1)
        reason = read_back(await importing.workbook(job["id"]))[3][-1]
        assert "没有这个访谈点" in reason
        assert "先登记" in reason
        points = [json.loads(each.data)["point"] for each in await intake.events(Topic.SUBMISSIONS)]
        assert points == [own] * 3


@embedded_alone
async def test_a_workbook_waits_until_it_is_known_which_points_there_are(
    engine, tmp_path, clock, monkeypatch
):
    set_folders(monkeypatch, tmp_path)
    own = await _set_up_earlier(engine, tmp_path, clock)
    with log_away(engine):
        async with running(build, engine, tmp_path, clock, waits_for_log=False) as intake:
            be_people(intake)
            importing = Importing(intake, tmp_path)
            id = (await importing.upload(workbook([row(1, point=own)])))["id"]
            imports = importing.component("intake.imports")

            async def waits():
                return "访谈点" in imports.health().detail

            await until(waits, "the job to wait")
    async with running(build, engine, tmp_path, clock) as intake:
        be_people(intake)
        assert (await Importing(intake, tmp_path).end_of(id))["accepted"] == 1


def told(*data):
    """As the log hands them over."""
    messages = [to_message(event(each)) for each in data]
    return {
        TopicPartition("obligations", 0): [
            LoggedMessage(key=m.key, value=m.value, headers=m.headers, offset=offset)
            for offset, m in enumerate(messages)
        ]
    }


def test_the_order_and_repetition_of_what_is_told_of_points_does_not_matter():
    events = [
        point("b", "2024-05-18", name="第二个"),
        no_point("b", "2024-05-18", "2024-05-30", name="第二个"),
        point("a", "2024-05-18", name="第一个"),
        point("x", "2024-05-18", name="错设的"),
        no_point("x", "2024-05-18", "2024-05-18", name="错设的"),
        point("taicang-town-01", "2024-05-16"),
    ]
    for order in permutations(events, len(events)):
        fold = OwnPointsFold({CAMPAIGN.id: CAMPAIGN})
        for each in (*order, *order[:2]):
            assert not fold.apply(told(each))
        campaign = fold.campaigns[CAMPAIGN.id]
        added = campaign.units["taicang"].points[len(CAMPAIGN.units["taicang"].points) :]
        assert [(each.id, each.name, each.unit) for each in added] == [
            ("a", "第一个", "taicang"),
            ("b", "第二个", "taicang"),
        ]
        assert campaign.points.keys() - CAMPAIGN.points.keys() == {"a", "b"}
        assert campaign.version == CAMPAIGN.version


def test_what_cannot_be_read_is_rejected_and_the_rest_is_taken():
    other = point("a", "2024-05-18", name="甲").model_copy(update={"unit": "atlantis"})
    fold = OwnPointsFold({CAMPAIGN.id: CAMPAIGN})
    (rejection,) = fold.apply(told(other, point("b", "2024-05-18", name="乙")))
    assert "atlantis" in rejection.reason
    assert "b" in fold.campaigns[CAMPAIGN.id].points
