"""Totals and reports: told, corrected, and by other programs as events."""

import sqlite3

import orjson
import pytest

from services.intake.obligations.reports import TOLD
from shared.access import AuditTrail
from tests.services.intake.obligations.conftest import TABLE, TOTALS

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVENTS = "/intake/v1/events"
EVENT = {"specversion": "1.0", "type": TOLD, "source": "/office-automation", "id": "r-1"}
DATA = {"campaign": "suzhou-2024", "unit": "zhangjiagang", "handed_in_on": "2024-05-30", "sha256": DIGEST}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}


async def test_totals_are_told_corrected_and_the_same_again_changes_nothing(work):
    first = await work.post("totals", **TOTALS)
    assert (first.status_code, first.json()["questionnaires_count"]) == (201, 1050)
    assert (await work.post("totals", **TOTALS)).json() == first.json()
    corrected = await work.post("totals", "office", **{**TOTALS, "paper_count": 330})
    assert (corrected.status_code, corrected.json()["revision"]) == (200, 1)
    events = {event.revision: event.paper_count for event in await work.told(2)}
    assert events == {0: 320, 1: 330}


async def test_what_was_corrected_is_not_brought_back_by_a_late_repeat(work):
    for what, older, newer in (
        ("totals", TOTALS, {**TOTALS, "paper_count": 330}),
        ("report", {"handed_in_on": "2024-05-30"}, {"handed_in_on": "2024-05-31"}),
    ):
        for form, status in ((older, 201), (newer, 200), (older, 409)):
            answer = await work.post(what, **form)
            assert answer.status_code == status
        assert answer.json()["code"] == "stood-before"
        assert (await work.post(what, if_match=1, **older)).json()["revision"] == 2


WRONG = (
    ("totals", {**TOTALS, "paper_count": 2000}, "paper_count"),
    ("totals", {**TOTALS, "totalled_on": "2024-06-02"}, "totalled_on"),
    ("report", {"handed_in_on": "2024-05-09"}, "handed_in_on"),
    ("report", {"handed_in_on": "2024-05-20", "sha256": "ABC"}, "sha256"),
)


async def test_what_is_wrong_is_told_by_field(work):
    answers = [await work.post(what, **form) for what, form, _ in WRONG]
    fields = [[problem["field"] for problem in answer.json()["problems"]] for answer in answers]
    assert fields == [[field] for _, _, field in WRONG]


async def test_every_change_is_in_the_audit_trail_and_a_repeat_is_none(work):
    for what, form in (
        ("contacts", {"contacts": TABLE}),
        ("contacts:withdraw", {}),
        ("points", {"point": "zhangjiagang-town-01", "set_up_on": "2024-05-16"}),
        ("points/zhangjiagang-town-01:close", {"closed_on": "2024-05-31"}),
        ("totals", TOTALS),
        ("report", {"handed_in_on": "2024-05-30"}),
    ):
        for _ in range(2):
            assert (await work.post(what, **form)).is_success
    entries, _ = await AuditTrail(work.intake.platform.store, "intake").entries()
    assert [(entry.action, entry.details["revision"]) for entry in entries] == [
        *(("register_contacts", 0), ("withdraw_contacts", 1), ("set_up_point", 0), ("close_point", 1)),
        *(("tell_totals", 0), ("hand_in_report", 0)),
    ]


async def test_totals_and_the_points_are_the_units_and_the_offices_to_tell(work):
    for who in ("other admin", "lead", "leader", "ann", "offline"):
        assert (await work.post("totals", who, **TOTALS)).status_code == 403
        assert (await work.post("points", who, point="x", set_up_on="2024-05-20")).status_code == 403
    for who in ("other admin", "lead", "leader", "ann", "wechat"):
        assert (await work.post("report", who, handed_in_on="2024-05-20")).status_code == 403


@pytest.mark.servers_too
async def test_a_report_comes_by_a_person_or_as_an_event_and_both_say_the_same(work):
    by_event = await work.intake.post(
        "offline", EVENTS, orjson.dumps(EVENT | {"data": DATA}), headers=STRUCTURED
    )
    assert by_event.status_code == 201, by_event.text
    form = {name: DATA[name] for name in ("handed_in_on", "sha256")}
    by_hand = await work.post("report", "admin", **form)
    assert (by_hand.status_code, by_hand.json()) == (200, by_event.json())
    (event,) = await work.told(1)
    assert (event.event_type, event.handed_in_on, event.sha256) == (TOLD, "2024-05-30", DIGEST)


async def test_an_event_that_comes_again_does_not_bring_an_older_report_back(work):
    older, newer = EVENT | {"data": DATA}, EVENT | {"id": "r-2", "data": {**DATA, "sha256": "0" * 64}}
    for event in (older, older | {"id": "r-1 again"}, newer, older, older | {"id": "r-1 again"}):
        answer = await work.intake.post("offline", EVENTS, orjson.dumps(event), headers=STRUCTURED)
    assert (answer.status_code, answer.json()["revision"], answer.json()["sha256"]) == (200, 1, "0" * 64)
    assert len(await work.told(2)) == 2
    anew = orjson.dumps(older | {"id": "r-3"})
    assert (await work.intake.post("offline", EVENTS, anew, headers=STRUCTURED)).json()["revision"] == 2


async def test_a_batch_answers_each_event_in_order_and_may_not_be_mixed(work):
    events = [
        EVENT | {"id": f"r-{number}", "data": {**DATA, "unit": unit}}
        for number, unit in enumerate(["taicang", "city", "gusu"])
    ]
    answer = await work.intake.post("offline", EVENTS, orjson.dumps(events), headers=BATCHED)
    lines = [orjson.loads(line) for line in answer.text.splitlines()]
    assert [(line["line"], line["status"]) for line in lines] == [(1, 201), (2, 404), (3, 201)]
    mixed = [events[0], events[1] | {"type": "dafangtan.submission.posted.v1"}]
    refused = await work.intake.post("offline", EVENTS, orjson.dumps(mixed), headers=BATCHED)
    assert refused.json()["problems"][0]["field"] == "[1].type"


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_what_is_done_while_the_log_is_away_is_told_when_it_is_back(work, engine):
    other = sqlite3.connect(engine.log_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    assert (await work.post("totals", **TOTALS)).status_code == 201
    other.execute("ROLLBACK")
    other.close()
    assert [event.questionnaires_count for event in await work.told(1)] == [1050]
