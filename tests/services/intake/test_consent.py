"""Consent: which text, when and how; nothing is stored without it, and what is voluntary can be left out."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from services.intake.quarantine.store import CONTENTS
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.app_board.backend import POSTS, backend, post
from tests.services.intake.cases.conftest import CASES, opening
from tests.services.intake.forms import FORM, content
from tests.services.intake.hotline.calls import CALLS, IMPORT, ROW, call, sheet
from tests.services.intake.test_messages import message

PATH = "/intake/v1/submissions"
EVENT = {"specversion": "1.0", "type": "dafangtan.submission.posted.v1", "source": "/t", "id": "e"}
AS_EVENT = {"content-type": "application/cloudevents+json"}
pytestmark = pytest.mark.parametrize(
    "engine", ["embedded"], indirect=True
)  # it is all decided before the engine


@pytest.fixture
async def app(intake):
    return await asyncio.to_thread(backend, intake)


async def everything_stored(intake):
    counts = [await intake.platform.store.count(each) for each in (REGISTRATIONS, CONTENTS)]
    return sum(counts) + len(await intake.events(Topic.SUBMISSIONS))


async def test_nothing_is_stored_without_consent_whichever_door_it_comes_by(intake, app):
    intake.be("wang", "interviewer", unit="zhangjiagang")
    unasked = orjson.dumps(
        {name: value for name, value in orjson.loads(content()).items() if name != "consent"}
    )
    as_event = orjson.dumps({**EVENT, "data": orjson.loads(unasked)})
    case = {name: value for name, value in opening().items() if name != "consent"}
    answers = {
        "form": await intake.post("offline", PATH, unasked),
        "message": await intake.post("wechat", PATH, message(consent=None)),
        "event": await intake.post("offline", "/intake/v1/events", as_event, headers=AS_EVENT),
        "app": await app.send("POST", POSTS, post(consent=None)),
        "call": await intake.post("hotline", CALLS, call(consent=None)),
        "case": await intake.ask("wang", "POST", CASES, **case),
    }
    assert {door: answer.status_code for door, answer in answers.items()} == dict.fromkeys(answers, 422)
    assert all("consent" in answer.text for answer in answers.values())
    many = [
        await intake.post("offline", f"{PATH}:batch", unasked),
        await intake.post("hotline", IMPORT, sheet((*ROW[:-2], "", ""))),
    ]
    assert [orjson.loads(answer.content)["status"] for answer in many] == [422, 422]
    assert await everything_stored(intake) == 0


@pytest.mark.parametrize("version", ["1999-01", ""])
async def test_consent_to_a_text_that_there_is_not_is_none(intake, version):
    consent = {**FORM["consent"], "version": version}
    assert (await intake.post("offline", PATH, content(consent=consent))).status_code == 422
    assert await everything_stored(intake) == 0


async def test_consent_is_recorded_which_text_when_and_how(intake):
    consent = {"version": "2024-05", "given_at": "2024-05-20T09:29:00+08:00", "how": "signed"}
    await intake.post("offline", PATH, content(consent=consent))
    (event,) = await intake.events(Topic.SUBMISSIONS)
    recorded = orjson.loads(event.data)["consent"]
    assert recorded == consent


async def test_what_is_voluntary_can_be_left_out_whichever_door_it_comes_by(intake, app):
    intake.be("wang", "interviewer", unit="zhangjiagang")
    form = {"visited_at": "2024-06-01T09:00:00+08:00"}
    answers = {
        "form": await intake.post("offline", PATH, content(respondent={"age": 29}, message=None, point=None)),
        "message": await intake.post("wechat", PATH, message()),
        "app": await app.send("POST", POSTS, post(contact=None)),
        "call": await intake.post("hotline", CALLS, call(caller=None, agent=None)),
        "case": await intake.ask("wang", "POST", CASES, **opening(form=form)),
    }
    assert {door: answer.status_code for door, answer in answers.items()} == dict.fromkeys(answers, 201), {
        door: answer.text for door, answer in answers.items()
    }
