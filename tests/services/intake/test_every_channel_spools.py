"""While a lock keeps the embedded log away for an hour, every channel goes on accepting, through its own endpoint."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import orjson
import pytest

from services.intake.app import build
from shared.access import add_interviewer
from shared.events import Topic
from shared.metrics import INTAKE_SPOOL, INTAKE_SPOOL_AGE
from shared.privacy import KeyRing
from tests.services.intake.app_board.backend import POSTS, backend, post
from tests.services.intake.excel.conftest import Importing, set_folders
from tests.services.intake.excel.workbooks import row, workbook
from tests.services.intake.forms import content
from tests.services.intake.hotline.calls import CALLS, IMPORT, ROW, call, sheet
from tests.services.intake.openrosa.collect import Collect
from tests.services.intake.test_spooling import log_away, relayed
from tests.services.intake.wechat.followers import CAMPAIGN, Follower, setting
from tests.services.running import running, until

PATH = "/intake/v1/submissions"
AWAY = timedelta(hours=1)
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.parametrize("engine", ["embedded"], indirect=True),  # Kafka's absence is in test_log_away.py
]


@pytest.fixture
def signed_up():
    """User name and password of an interviewer, once the service runs."""
    return []


@pytest.fixture
async def intake(engine, tmp_path, clock, monkeypatch, signed_up):
    set_folders(monkeypatch, tmp_path)
    monkeypatch.setenv("DAFANGTAN_INTAKE_WECHAT_ACCOUNTS", setting())

    def build_with_an_interviewer(platform):
        keys = KeyRing.load(platform.settings.keys_file).campaign(CAMPAIGN)
        password, made = add_interviewer(
            platform.settings.interviewers_file,
            keys,
            campaign=CAMPAIGN,
            name="陆建国",
            unit="zhangjiagang",
            now=clock(),
        )
        signed_up.extend((made.username, password))
        return build(platform)

    async with running(build_with_an_interviewer, engine, tmp_path, clock) as service:
        service.be_channels()
        service.be("admin", "unit_admin", unit="zhangjiagang")
        yield service


async def take_in_by_every_channel(intake, collect, app, folder):
    """How many submissions each way brought."""
    cloud_event = {"specversion": "1.0", "type": "dafangtan.submission.posted.v1", "source": "/t", "id": "e"}
    structured = orjson.dumps({**cloud_event, "data": orjson.loads(content(source_id="event"))})
    as_event = {"content-type": "application/cloudevents+json"}
    lines = b"\n".join(content(source_id=f"line-{number}") for number in range(3))
    answers = {
        "json": await intake.post("offline", PATH, content(source_id="json")),
        "cloud event": await intake.post("offline", "/intake/v1/events", structured, headers=as_event),
        "collect": await collect.send(await collect.fill()),
        "app": await app.send("POST", POSTS, post()),
        "call": await intake.post("hotline", CALLS, call()),
        "batch": await intake.post("offline", f"{PATH}:batch", lines),
        "calls": await intake.post("hotline", IMPORT, sheet((ROW[0] + "x", *ROW[1:]))),
    }
    follower = Follower(intake, servers=None)
    await follower.say("同意")
    job = await Importing(intake, folder).ended(workbook([row(1), row(2)]))
    statuses = {way: answer.status_code for way, answer in answers.items()}
    assert statuses == {way: 200 if way in ("batch", "calls") else 201 for way in answers}
    assert "回执号" in await follower.say("宿舍没有热水")
    told = {way: [json.loads(line) for line in answers[way].text.splitlines()] for way in ("batch", "calls")}
    assert {each["status"] for lines in told.values() for each in lines} == {201}
    assert (job["state"], job["accepted"]) == ("done", 2)
    counts = {"batch": 3, "call": len(answers["call"].json()["matters"]), "WeChat": 1, "Excel": 2}
    return {**dict.fromkeys(answers, 1), **counts}


async def test_with_the_log_away_for_an_hour_every_channel_goes_on_accepting(
    intake, engine, clock, tmp_path, signed_up
):
    collect = Collect(intake.client, *signed_up)
    app = await asyncio.to_thread(backend, intake)
    with log_away(engine):
        accepted = await take_in_by_every_channel(intake, collect, app, tmp_path)
        count = sum(accepted.values())
        assert INTAKE_SPOOL._value.get() == count
        clock.advance(AWAY)

        async def is_old():
            return INTAKE_SPOOL_AGE._value.get() >= AWAY.total_seconds()

        await until(is_old, "the age of the oldest to be shown")
        assert (await intake.post("offline", PATH, content(source_id="an hour later"))).status_code == 201
    await relayed(intake)
    ids = [event.id for event in await intake.events(Topic.SUBMISSIONS)]
    assert len(ids) == len(set(ids)) == count + 1
