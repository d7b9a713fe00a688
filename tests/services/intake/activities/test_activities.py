"""Activities over HTTP: recorded, amended, withdrawn, told to the log, summed up."""

import asyncio
import json
from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.activities.store import ACTIVITIES
from services.intake.app import build
from shared.access import AuditTrail
from shared.events import REGISTRY, Topic
from tests.services.running import ClockInTest, Engine, running, until

PATH = "/intake/v1/activities"
VISIT = {
    "campaign": "suzhou-2024",
    "unit": "zhangjiagang",
    "source_id": "a1",
    "kind": "visit",
    "held_on": "2024-05-31",
    "people_count": 12,
    "firm": "江南精密制造有限公司",
    "way_of_working": "网格走访",
}
MEETING = {**VISIT, "source_id": "m1", "kind": "meeting", "people_count": 15, "firm": None}


async def told(intake, count):
    """The data of the events once so many are there."""
    found = []

    async def are_there():
        found[:] = await intake.events(Topic.ACTIVITIES)
        return len(found) >= count

    await until(are_there, f"{count} events")
    return [REGISTRY[event.type].model_validate_json(event.data) for event in found]


async def test_an_activity_is_told_to_the_log_without_the_firms_name(intake):
    answer = await intake.ask("lead", "POST", PATH, **VISIT)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["kind_name"], answer.json()["firm"]) == ("走访", "江南精密制造有限公司")
    (event,) = await told(intake, 1)
    assert (event.activity_id, event.kind, event.people_count) == (answer.json()["activity_id"], "visit", 12)
    assert event.way_of_working == "网格走访"
    assert event.firm is not None
    assert "江南" not in event.model_dump_json()


async def test_the_same_again_is_the_same_activity_and_other_content_is_refused(intake):
    first = await intake.ask("lead", "POST", PATH, **VISIT)
    again = await intake.ask("lead", "POST", PATH, **VISIT)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await intake.ask("lead", "POST", PATH, **{**VISIT, "people_count": 13})
    assert (other.status_code, other.json()["code"]) == (409, "content-differs")
    await intake.ask("lead", "POST", PATH, **MEETING)
    assert len(await told(intake, 2)) == 2


@pytest.mark.servers_too
async def test_the_same_posted_many_times_at_once_is_one(intake):
    answers = await asyncio.gather(*[intake.ask("lead", "POST", PATH, **VISIT) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(await told(intake, 1)) == 1


@pytest.mark.servers_too
async def test_an_amendment_tells_the_whole_content_with_its_revision(intake):
    id = (await intake.ask("lead", "POST", PATH, **VISIT)).json()["activity_id"]
    changed = {**VISIT, "people_count": 20}
    amended = await intake.ask("lead", "PUT", f"{PATH}/{id}", **changed)
    assert (amended.status_code, amended.json()["revision"]) == (200, 1)
    assert (await intake.ask("lead", "PUT", f"{PATH}/{id}", **changed)).json() == amended.json()
    assert (await intake.ask("lead", "POST", PATH, **VISIT)).json() == amended.json()
    events = {event.revision: event for event in await told(intake, 2)}
    assert (events[0].people_count, events[1].people_count) == (12, 20)


async def test_an_amendment_may_ask_for_the_revision_it_knows_and_must_be_of_the_same_activity(intake):
    id = (await intake.ask("lead", "POST", PATH, **VISIT)).json()["activity_id"]
    headers = {"authorization": f"Bearer {intake.tokens['lead']}", "if-match": "3"}
    late = await intake.client.put(f"{PATH}/{id}", headers=headers, json={**VISIT, "people_count": 1})
    assert late.json()["code"] == "revision-moved"
    other = await intake.ask("lead", "PUT", f"{PATH}/{id}", **MEETING)
    assert other.json()["problems"][0]["field"] == "source_id"
    missing = await intake.ask("lead", "PUT", f"{PATH}/{'0' * 8}", **VISIT)
    assert missing.status_code == 422


@pytest.mark.servers_too
async def test_a_withdrawn_activity_is_told_and_does_not_count(intake):
    id = (await intake.ask("lead", "POST", PATH, **VISIT)).json()["activity_id"]
    withdrawn = await intake.ask("lead", "POST", f"{PATH}/{id}:withdraw")
    assert (withdrawn.json()["is_withdrawn"], withdrawn.json()["firm"]) == (True, None)
    assert (await intake.ask("lead", "POST", f"{PATH}/{id}:withdraw")).json() == withdrawn.json()
    assert (await intake.ask("lead", "PUT", f"{PATH}/{id}", **VISIT)).json()["code"] == "already-withdrawn"
    events = await told(intake, 2)
    assert [event.event_type.split(".")[2] for event in events] == ["recorded", "withdrawn"]
    answer = await intake.ask("lead", "GET", f"{PATH}/totals?campaign=suzhou-2024&unit=zhangjiagang")
    assert answer.json()["totals"]["visits_count"] == 0


@pytest.mark.servers_too
async def test_a_unit_sees_its_activities_and_their_totals(intake):
    firms = ("江南精密制造有限公司", " 江南精密 制造有限公司", "长江纺织有限公司")
    for number, firm in enumerate(firms):
        await intake.ask("lead", "POST", PATH, **{**VISIT, "source_id": f"v{number}", "firm": firm})
    await intake.ask("lead", "POST", PATH, **{**MEETING, "way_of_working": "1+3+N"})
    other = {**MEETING, "source_id": "o1", "kind": "other", "people_count": 40, "way_of_working": None}
    await intake.ask("lead", "POST", PATH, **{**other, "held_on": "2024-05-20"})
    query = "?campaign=suzhou-2024&unit=zhangjiagang"
    totals = (await intake.ask("lead", "GET", f"{PATH}/totals{query}")).json()
    assert totals["totals"] == {
        "visits_count": 3,
        "firms_visited_count": 2,
        "workers_met_count": 36,
        "meetings_count": 1,
        "meeting_people_count": 15,
        "others_count": 1,
        "other_people_count": 40,
    }
    assert {way: sums["visits_count"] for way, sums in totals["by_way_of_working"].items()} == {
        "1+3+N": 0,
        "未注明": 0,
        "网格走访": 3,
    }
    listed = (await intake.ask("lead", "GET", PATH + query)).json()["activities"]
    assert [each["held_on"] for each in listed] == ["2024-05-31"] * 4 + ["2024-05-20"]
    some = (await intake.ask("lead", "GET", f"{PATH}{query}&from=2024-05-20&to=2024-05-30")).json()
    assert [each["kind"] for each in some["activities"]] == ["other"]


async def test_the_office_sees_all_units_and_others_only_their_own(intake):
    intake.be("office", "office")
    await intake.ask("lead", "POST", PATH, **VISIT)
    await intake.ask("stranger", "POST", PATH, **{**MEETING, "unit": "kunshan"})
    everything = (await intake.ask("office", "GET", f"{PATH}?campaign=suzhou-2024")).json()
    assert {each["unit"] for each in everything["activities"]} == {"zhangjiagang", "kunshan"}
    for who, query in (("lead", ""), ("lead", "&unit=kunshan"), ("ann", "&unit=kunshan"), ("offline", "")):
        for path in (PATH, f"{PATH}/totals"):
            assert (await intake.ask(who, "GET", f"{path}?campaign=suzhou-2024{query}")).status_code == 404


async def test_who_does_not_work_for_the_unit_records_and_changes_nothing_of_it(intake):
    for who in ("stranger", "ann", "wechat"):
        assert (await intake.ask(who, "POST", PATH, **VISIT)).status_code == 403, who
    assert (await intake.ask("offline", "POST", PATH, **VISIT)).status_code == 201
    id = (await intake.ask("offline", "POST", PATH, **VISIT)).json()["activity_id"]
    assert (await intake.ask("stranger", "POST", f"{PATH}/{id}:withdraw")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"campaign": "nowhere"}, "campaign"),
        ({"unit": "zhangjiagang", "point": "kunshan-town-01"}, "point"),
        ({"kind": "party"}, "kind"),
        ({"held_on": "2024-06-02"}, "held_on"),
        ({"held_on": "2024-05-09"}, "held_on"),
        ({"held_on": "昨天"}, "held_on"),
        ({"people_count": -1}, "people_count"),
        ({"kind": "meeting", "people_count": 0}, "people_count"),
        ({"firm": None}, "firm"),
        ({"firm": "找沈晓燕 13912345678"}, "firm"),
        ({"way_of_working": "联系人 13912345678"}, "way_of_working"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_wrong_is_said_field_by_field(intake, changes, field):
    answer = await intake.ask("offline", "POST", PATH, **{**VISIT, **changes})
    assert answer.status_code == 422
    assert field in [problem["field"] for problem in answer.json()["problems"]]
    assert await intake.platform.store.count(ACTIVITIES) == 0


async def test_today_is_today_by_the_campaigns_clock(intake, clock):
    clock.advance(timedelta(hours=15))  # 16:30 on 1 June in UTC, 00:30 on 2 June in Suzhou
    answer = await intake.ask("lead", "POST", PATH, **{**VISIT, "held_on": "2024-06-02"})
    assert answer.status_code == 201, answer.text


async def test_every_change_is_in_the_audit_trail(intake):
    id = (await intake.ask("lead", "POST", PATH, **VISIT)).json()["activity_id"]
    await intake.ask("lead", "PUT", f"{PATH}/{id}", **{**VISIT, "people_count": 20})
    await intake.ask("lead", "POST", f"{PATH}/{id}:withdraw")
    entries, _ = await AuditTrail(intake.platform.store, "intake").entries()
    actions = [entry.action for entry in entries if entry.resource["kind"] == "activity"]
    assert actions == ["record_activity", "amend_activity", "withdraw_activity"]


SCALAR = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text()
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*VISIT, "else"]), inner),
    max_leaves=20,
)


def test_whatever_bytes_arrive_no_crash_and_nothing_half_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    service = running(build, Engine.embedded(tmp_path), tmp_path, ClockInTest())
    with asyncio.Runner() as runner:
        intake = runner.run(service.__aenter__())
        intake.be("lead", "team_lead", unit="zhangjiagang")

        @given(
            st.binary(max_size=300)
            | JSON.map(orjson.dumps)
            | st.fixed_dictionaries(
                {key: st.just(value) for key, value in VISIT.items() if key != "held_on"}
                | {"held_on": SCALAR}
            ).map(lambda form: json.dumps(form).encode())
        )
        @settings(max_examples=150, deadline=None)
        def post(body):
            assert runner.run(intake.post("lead", PATH, body)).status_code in (400, 422)

        post()
        assert runner.run(intake.platform.store.count(ACTIVITIES)) == 0
        runner.run(service.__aexit__(None, None, None))
