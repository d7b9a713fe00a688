"""Tables over HTTP: from events in the log, for those who hold a grant, recorded before they are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.analytics.app import build
from services.analytics.consumer import SubmissionColumns
from services.analytics.handlers import Tables
from services.analytics.model import TableQuery
from shared.access import AuditTrail
from shared.consuming import Follower, dead_letters
from shared.errors import RetryLater
from shared.events import AccessRevoked, Event, EventData, Topic, from_message
from shared.log.port import LoggedMessage
from tests.services.analytics.making import (
    ANALYST,
    SUZHOU,
    THEN,
    granted,
    message_of,
    received,
    withdrawn,
)
from tests.services.running import ClockInTest, Engine, Running, running, until

TABLES = "/analytics/v1/tables"
TABLE: dict[str, Any] = {"campaign": SUZHOU.id, "rows": ["sex"], "columns": ["general.q01"]}


def revoked(id: str = "g1") -> AccessRevoked:
    return AccessRevoked(
        grant_id=id,
        campaign=SUZHOU.id,
        granted_to=ANALYST.subject,
        revoked_by="leader-1",
        reason="用途已结束",
        revoked_at=THEN,
    )


def submissions() -> list[EventData]:
    """Of 300, three women answered c and nobody d or e."""
    codes = ["a"] * 150 + ["b"] * 147 + ["c"] * 3
    return [
        received(
            f"s{n}",
            unit="kunshan" if n % 2 else "taicang",
            sex="female" if n % 2 or code == "c" else "male",
            answers={"q01": code},
        )
        for n, code in enumerate(codes)
    ]


async def tell(analytics: Running, events: Sequence[EventData]) -> None:
    """Put ``events`` into the log and wait until they are in the fold."""
    by_topic: dict[Topic, list[Event]] = {}
    for data in events:
        message = message_of(data)
        event = from_message(LoggedMessage(0, message.key, message.headers, message.value))
        by_topic.setdefault(data.topic, []).append(event)
    for topic, of_topic in by_topic.items():
        await analytics.append(topic, *of_topic)
    await ready(analytics)


async def ready(analytics: Running) -> None:
    """Wait until the fold has everything that stands in the log, and answers."""
    follower = follower_of(analytics)

    async def is_ready() -> bool:
        return follower.health().is_ready and await follower.caught_up()

    await until(is_ready, "the events are in the fold")


def follower_of(analytics: Running) -> Follower:
    [follower] = analytics.service.components
    assert isinstance(follower, Follower)
    return follower


@pytest.fixture
async def filled(analytics: Running) -> Running:
    await tell(analytics, [*submissions(), granted()])
    return analytics


async def ask(analytics: Running, by: str = "analyst-1", **changes: object) -> Any:
    return await analytics.ask(by, "POST", TABLES, **{**TABLE, **changes})


def counts(body: dict[str, Any]) -> list[list[int | None]]:
    return [[cell["count"] for cell in row] for row in body["cells"]]


async def test_a_granted_query_gets_a_protected_table(filled):
    answer = await ask(filled)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["campaign"], body["campaign_version"], body["grant"]) == (SUZHOU.id, SUZHOU.version, "g1")
    assert [header["labels"] for header in body["row_headers"]] == [["男"], ["女"], ["合计"]]
    assert [header["kind"] for header in body["column_headers"]] == ["category"] * 5 + ["total"]
    male, _, total = counts(body)
    assert (male[0], male[-1]) == (75, 150)
    assert male[2:5] == [None, None, None], "nobody, and so not shown"
    assert total == [150, 145, None, None, None, 300]
    for row in body["cells"]:
        for cell in row:
            assert cell["status"] == ("suppressed" if cell["count"] is None else "shown")
    assert body["units"] is None
    assert sum(place["next_offset"] for place in body["positions"]) == 301
    assert body["counted_at"] == "2024-06-01T01:30:00Z"


async def test_the_footnotes_state_the_rules(filled):
    notes = "\n".join(
        (await ask(filled, filters={"age_band": ["26-30"]}, population="offline")).json()["footnotes"]
    )
    for said in ("小于 10", "包括 0", "5 的倍数", "线下访谈", "年龄段为26-30", "未经领导小组批准"):
        assert said in notes


async def test_without_a_grant_there_is_no_table(filled):
    answer = await ask(filled, "analyst-2")
    assert answer.status_code == 403
    assert answer.json()["code"] == "no-grant"
    assert "申请" in answer.json()["detail"]


async def test_without_the_role_there_is_no_table(filled):
    answer = await ask(filled, "int")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert (await filled.client.post(TABLES, json=TABLE)).status_code == 401


async def test_a_grant_must_cover_every_variable_filters_too(analytics):
    await tell(analytics, [*submissions(), granted(variables=["sex", "general.q01"])])
    assert (await ask(analytics)).status_code == 200
    answer = await ask(analytics, filters={"age_band": ["26-30"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "no-grant")
    assert "age_band" in answer.json()["detail"]


async def test_a_grant_must_cover_every_unit_that_is_asked_for(analytics):
    await tell(
        analytics, [*submissions(), granted(units=["kunshan"], variables=["sex", "unit", "general.q01"])]
    )
    assert (await ask(analytics, filters={"unit": ["kunshan"]})).status_code == 200
    answer = await ask(analytics, filters={"unit": ["kunshan", "taicang"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "no-grant")
    assert "taicang" in answer.json()["detail"]


async def test_a_grant_of_some_units_limits_the_table_and_the_table_says_so(analytics):
    await tell(analytics, [*submissions(), granted(units=["kunshan"])])
    body = (await ask(analytics, rows=["sex"], columns=[])).json()
    assert body["units"] == ["kunshan"]
    assert SUZHOU.units["kunshan"].name in "".join(body["footnotes"])
    assert counts(body)[-1] == [150]


async def test_a_revocation_stops_the_next_query(filled):
    assert (await ask(filled)).status_code == 200
    await tell(filled, [revoked()])
    answer = await ask(filled)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-grant")


async def test_a_grant_ends_with_its_time(filled, clock):
    clock.advance(timedelta(days=31))
    assert (await ask(filled)).status_code == 403


async def test_every_query_is_in_the_audit_trail(filled):
    await ask(filled, filters={"age_band": ["26-30", "31-35"]})
    trail = AuditTrail(filled.platform.store, "analytics")
    [entry], _ = await trail.entries()
    assert (entry.actor["subject"], entry.action) == ("analyst-1", "query_table")
    assert entry.resource == {"kind": "table", "campaign": SUZHOU.id}
    assert entry.details == {
        "grant": "g1",
        "rows": ["sex"],
        "columns": ["general.q01"],
        "filters": ["age_band=26-30", "age_band=31-35"],
        "population": "all",
    }
    assert (await trail.verify()).count == 1


async def test_a_table_that_can_not_be_protected_is_refused_but_recorded(analytics):
    await tell(analytics, [received("a"), received("b"), granted()])
    answer = await ask(analytics)
    assert (answer.status_code, answer.json()["code"]) == (422, "table-cannot-be-protected")
    assert (await AuditTrail(analytics.platform.store, "analytics").verify()).count == 1


async def test_bad_input_is_answered_with_the_field_and_what_is_allowed(filled):
    answer = await ask(filled, rows=["sex", "name"])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    [problem] = answer.json()["problems"]
    assert problem["field"] == "rows[1]"
    assert "age_band" in problem["message"]
    assert (await ask(filled, population="some")).status_code == 422
    assert (await ask(filled, row=["sex"])).status_code == 422
    assert (await ask(filled, campaign="other")).status_code == 404


async def test_half_a_character_is_no_name(analytics):
    headers = {"content-type": "application/json"}
    for field, value in (("campaign", "\ud800"), ("rows", ["\ud800"]), ("filters", {"\ud800": ["a"]})):
        body = json.dumps({**TABLE, field: value}).encode()
        answer = await analytics.post("analyst-1", TABLES, body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_withdrawn_submissions_leave_the_table_and_stay_in_the_books(filled):
    await tell(filled, [withdrawn(f"s{n}") for n in range(100)])
    body = (await ask(filled, rows=["mode"], columns=[])).json()
    assert counts(body)[-1] == [200]
    answer = await filled.ask("ops", "GET", f"/analytics/v1/campaigns/{SUZHOU.id}/books")
    books = {"accepted": 300, "standing": 200, "withdrawn": 100}
    assert answer.json() == {"campaign": SUZHOU.id, "entries": books}
    assert filled.service.books is not None
    assert await filled.service.books(SUZHOU.id) == books


async def test_books_are_for_the_operator(filled):
    assert (
        await filled.ask("analyst-1", "GET", f"/analytics/v1/campaigns/{SUZHOU.id}/books")
    ).status_code == 404


async def test_variables_are_listed_for_those_who_may_query(filled):
    path = f"/analytics/v1/campaigns/{SUZHOU.id}/variables"
    body = (await filled.ask("analyst-2", "GET", path)).json()
    assert (body["threshold_count"], body["rounding_base"]) == (10, 5)
    by_name = {variable["name"]: variable for variable in body["variables"]}
    assert list(by_name) == list(SUZHOU.variables())
    assert by_name["sex"]["codes"] == [{"code": "male", "label": "男"}, {"code": "female", "label": "女"}]
    assert by_name["general.q07"]["is_multiple"]
    assert (await filled.ask("int", "GET", path)).status_code == 403


async def test_an_event_that_can_not_be_read_is_kept_with_the_reason(analytics):
    message = message_of(received("a"))
    broken = type(message)(message.key, message.headers, b"{")
    await analytics.platform.log.append(Topic.SUBMISSIONS, [broken])
    await tell(analytics, [received("b")])
    letters = [letter async for letter in dead_letters.waiting(analytics.platform.store, "analytics")]
    assert [letter.message.value for letter in letters] == [b"{"]
    assert "data" in letters[0].reason


async def test_before_the_log_is_read_to_its_end_there_is_no_table(filled):
    platform = filled.platform
    fold = SubmissionColumns(platform.campaigns)
    follower = Follower(fold, log=platform.log, store=platform.store, clock=platform.clock)
    tables = Tables(platform, fold, follower, AuditTrail(platform.store, "analytics"))
    with pytest.raises(RetryLater):
        await tables.answer(ANALYST, TableQuery(SUZHOU.id, ("sex",), (), {}))


async def test_the_fold_is_read_again_after_a_restart(engine: Engine, tmp_path: Path, clock: ClockInTest):
    async with running(build, engine, tmp_path, clock) as first:
        first.be("analyst-1", "analyst")
        await tell(first, [*submissions(), granted()])
        before = (await ask(first)).json()
    async with running(build, engine, tmp_path, clock) as second:
        second.be("analyst-1", "analyst")
        await ready(second)
        assert (await ask(second)).json() == before
