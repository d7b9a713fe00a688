"""What is dated after now: refused by every channel, with the field and what is allowed; a fast clock is borne."""

from __future__ import annotations

import json
from datetime import timedelta

import orjson
import pytest

from services.intake.app import build
from shared.events import Topic
from tests.services.intake.excel.conftest import Importing, be_people, set_folders
from tests.services.intake.excel.workbooks import read_back, row, workbook
from tests.services.intake.forms import FORM, content
from tests.services.intake.hotline.calls import CALLS, ROW, call, imported, sheet
from tests.services.intake.openrosa.collect import message_of
from tests.services.intake.openrosa.conftest import serving
from tests.services.running import running

PATH = "/intake/v1/submissions"
LATEST, TOO_LATE = "2024-06-01T09:40:00+08:00", "2024-06-01T09:40:01+08:00"
"""The clock of the tests stands at 09:30."""
ALLOWED = "最晚可为 2024-06-01 09:40"
pytestmark = pytest.mark.parametrize(
    "engine", ["embedded"], indirect=True
)  # nothing of this is kept anywhere


def problem_in(problems, field="collected_at"):
    (problem,) = problems
    assert problem["field"] == field
    return problem["message"]


async def test_an_interview_may_be_dated_ten_minutes_ahead_and_no_more(intake):
    assert (await intake.post("offline", PATH, content(collected_at=LATEST))).status_code == 201
    answer = await intake.post("offline", PATH, content(collected_at=TOO_LATE, source_id="ahead"))
    assert answer.status_code == 422
    assert ALLOWED in problem_in(answer.json()["problems"])
    lines = [content(collected_at=TOO_LATE, source_id="ahead"), content(source_id="well")]
    batch = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    refused, taken = (json.loads(line) for line in batch.text.splitlines())
    assert ALLOWED in problem_in(refused["problems"])
    assert taken["status"] == 201


async def test_it_is_judged_by_the_campaigns_clock_when_it_comes(intake, clock):
    body = content(collected_at="2024-06-02T09:00:00+08:00")
    assert (await intake.post("offline", PATH, body)).status_code == 422
    clock.advance(timedelta(days=1))
    assert (await intake.post("offline", PATH, body)).status_code == 201


async def test_what_was_collected_before_the_campaign_began_is_accepted(intake):
    body = content(collected_at="2024-05-09T09:30:00+08:00")
    assert (await intake.post("offline", PATH, body)).status_code == 201


async def test_how_far_ahead_is_a_setting(engine, tmp_path, clock, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_AHEAD_S", "0")
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        at = clock().isoformat()
        assert (await intake.post("offline", PATH, content(collected_at=at))).status_code == 201
        later = content(collected_at="2024-06-01T09:30:01+08:00", source_id="later")
        assert (await intake.post("offline", PATH, later)).status_code == 422


async def test_an_amendment_cannot_date_it_later_either(intake):
    receipt = (await intake.post("offline", PATH, content())).json()["receipt"]
    form = orjson.loads(content(collected_at=TOO_LATE))
    path = f"/intake/v1/receipts/{receipt}/submission"
    answer = await intake.ask("offline", "PUT", path, **form)
    assert answer.status_code == 422
    assert ALLOWED in problem_in(answer.json()["problems"])


async def test_a_cloud_event_is_refused_too(intake):
    attributes = {"specversion": "1.0", "type": "dafangtan.submission.posted.v1", "source": "/t", "id": "e"}
    body = orjson.dumps({**attributes, "data": orjson.loads(content(collected_at=TOO_LATE))})
    headers = {"content-type": "application/cloudevents+json"}
    answer = await intake.post("offline", "/intake/v1/events", body, headers=headers)
    assert answer.status_code == 422
    assert ALLOWED in answer.text


async def test_a_call_that_is_still_to_come_is_refused_by_its_own_field_or_column(intake):
    answer = await intake.post("hotline", CALLS, call(started_at=TOO_LATE))
    assert answer.status_code == 422
    assert ALLOWED in problem_in(answer.json()["problems"], "started_at")
    (line,) = await imported(intake, sheet((ROW[0], "2024-06-01 09:40:01", *ROW[2:])))
    assert line["status"] == 422
    assert ALLOWED in problem_in(line["problems"], "开始时间")


async def test_a_row_of_a_workbook_has_it_as_its_reason(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    async with running(build, engine, tmp_path, clock) as intake:
        be_people(intake)
        importing = Importing(intake, tmp_path)
        job = await importing.ended(workbook([row(1), row(2, collected_at="2024-06-02 09:30")]))
        assert (job["accepted"], job["refused"]) == (1, 1)
        reason = read_back(await importing.workbook(job["id"]))[2][-1]
        assert "访谈时间（collected_at）" in reason
        assert ALLOWED in reason


async def test_an_interview_from_a_phone_with_a_wrong_date_is_kept_and_accepted_once_it_can_be(
    engine, tmp_path, clock, monkeypatch
):
    set_folders(monkeypatch, tmp_path)
    async with serving(engine, tmp_path, clock) as openrosa:
        xml = await openrosa.lu.fill(start=FORM["collected_at"], end="2024-06-02T09:30:00.000+08:00")
        answer = await openrosa.lu.send(xml)
        assert answer.status_code == 400
        assert "访谈时间" in message_of(answer)
        assert ALLOWED in message_of(answer)
        office, path = openrosa.intake, "/intake/v1/quarantine"
        (item,) = (await office.ask("office", "GET", f"{path}?campaign=suzhou-2024")).json()["items"]
        assert item["reason"] == "content-errors"
        clock.advance(timedelta(days=1))
        replayed = await office.ask("office", "POST", f"{path}/{item['id']}:replay")
        assert replayed.json()["state"] == "accepted"
        assert len(await office.events(Topic.SUBMISSIONS)) == 1
