"""What holds for every channel, through its own endpoint: it goes on without the log, and gives receipts that serve."""

from __future__ import annotations

import asyncio
import re
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
from tests.services.intake.excel.workbooks import read_back, row, workbook
from tests.services.intake.forms import content
from tests.services.intake.hotline.calls import CALLS, IMPORT, ROW, call, sheet
from tests.services.intake.openrosa.collect import Collect, codes_in
from tests.services.intake.test_spooling import log_away, relayed
from tests.services.intake.test_withdrawal import nothing_left, words_of
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


async def take_in_by_every_channel(intake, signed_up, folder):
    """Receipt and withdrawal code of each submission, by the way that it came."""
    collect, app = Collect(intake.client, *signed_up), await asyncio.to_thread(backend, intake)
    cloud_event = {"specversion": "1.0", "type": "dafangtan.submission.posted.v1", "source": "/t", "id": "e"}
    structured = orjson.dumps({**cloud_event, "data": orjson.loads(content(source_id="event"))})
    as_event = {"content-type": "application/cloudevents+json"}
    lines = b"\n".join(content(source_id=f"line-{number}") for number in range(3))
    answers = {
        "json": await intake.post("offline", PATH, content(source_id="json")),
        "batch": await intake.post("offline", f"{PATH}:batch", lines),
        "cloud event": await intake.post("offline", "/intake/v1/events", structured, headers=as_event),
        "app": await app.send("POST", POSTS, post()),
        "call": await intake.post("hotline", CALLS, call()),
        "records of calls": await intake.post("hotline", IMPORT, sheet((ROW[0] + "x", *ROW[1:]))),
    }
    return {
        **{way: in_json(answer) for way, answer in answers.items()},
        "ODK Collect": [codes_in(await collect.send(await collect.fill()))],
        "WeChat": [await by_wechat(intake)],
        "Excel": await by_excel(intake, folder),
    }


def in_json(answer):
    assert answer.status_code in (200, 201), answer.text
    told = [orjson.loads(line) for line in answer.content.splitlines()]
    submissions = [each for line in told for each in line.get("matters", [line])]
    assert {each.get("status", 201) for each in submissions} == {201}
    return [(each["receipt"], each["withdrawal_code"]) for each in submissions]


async def by_wechat(intake):
    follower = Follower(intake, servers=None)
    await follower.say("同意")
    reply = await follower.say("宿舍没有热水")
    return re.search("回执号：([0-9A-Z-]{19})", reply)[1], re.search("撤回码：([0-9A-Z-]{9})", reply)[1]


async def by_excel(intake, folder):
    importing = Importing(intake, folder)
    job = await importing.ended(workbook([row(1), row(2)]))
    assert (job["state"], job["accepted"]) == ("done", 2)
    return [(each[-3], each[-2]) for each in read_back(await importing.workbook(job["id"]))[1:]]


async def test_with_the_log_away_for_an_hour_every_channel_goes_on_accepting(
    intake, engine, clock, tmp_path, signed_up
):
    with log_away(engine):
        accepted = await take_in_by_every_channel(intake, signed_up, tmp_path)
        count = sum(map(len, accepted.values()))
        assert INTAKE_SPOOL._value.get() == count
        clock.advance(AWAY)

        async def is_old():
            return INTAKE_SPOOL_AGE._value.get() >= AWAY.total_seconds()

        await until(is_old, "the age of the oldest to be shown")
        assert (await intake.post("offline", PATH, content(source_id="an hour later"))).status_code == 201
    await relayed(intake)
    ids = [event.id for event in await intake.events(Topic.SUBMISSIONS)]
    assert len(ids) == len(set(ids)) == count + 1


async def test_through_every_channel_one_gets_a_receipt_looks_it_up_and_takes_it_back_so_that_no_file_tells_it(
    intake, tmp_path, signed_up
):
    accepted = await take_in_by_every_channel(intake, signed_up, tmp_path)
    assert all(accepted.values())
    codes = [each for several in accepted.values() for each in several]
    assert len({receipt for receipt, _ in codes}) == len(codes)
    ids = [event.id for event in await intake.events(Topic.SUBMISSIONS)]
    assert len(ids) == len(codes)
    assert all(words_of(tmp_path, ids).values())  # the search finds what can be found
    for receipt, code in codes:
        found = await intake.client.get(f"/intake/v1/receipts/{receipt}")
        assert found.json()["standing"] in ("received", "counted")
        path = f"/intake/v1/public/receipts/{receipt}:withdraw"
        taken = await intake.client.post(path, json={"code": code})
        assert taken.json()["standing"] == "withdrawn"
    await nothing_left(tmp_path, ids)
