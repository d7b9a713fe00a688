"""Intake while the log is away: accepted on disk, relayed in order when it is back."""

import asyncio

import pytest

from services.intake.app import build
from shared.events import Topic
from tests.services.intake.forms import content
from tests.services.running import Engine, running, until

PATH = "/intake/v1/submissions"
COUNT = 30


@pytest.fixture
def engine(kafka_server, topic_prefix, mongo_url):
    return Engine(kafka_server.url, mongo_url, topic_prefix)


@pytest.mark.mongo
@pytest.mark.timeout(180)
async def test_what_was_accepted_while_kafka_was_dead_is_in_the_log_when_it_is_back(
    intake, kafka_server, tmp_path
):
    accepted = [(await intake.post("offline", PATH, content(source_id="before"))).json()["submission_id"]]
    kafka_server.kill()
    answers = await asyncio.gather(
        *[intake.post("offline", PATH, content(source_id=f"s{number}")) for number in range(COUNT)]
    )
    assert {answer.status_code for answer in answers} == {201}
    accepted += [answer.json()["submission_id"] for answer in answers]
    assert (tmp_path / "spool" / "slot-0").stat().st_size > 0
    repeat = await intake.post("offline", PATH, content(source_id="s0"))
    assert repeat.status_code == 200
    kafka_server.start()
    await asyncio.to_thread(kafka_server.wait_ready)

    async def is_relayed():
        return (tmp_path / "spool" / "slot-0").stat().st_size == 0

    await until(is_relayed, "the spool to be relayed")
    events = await intake.events(Topic.SUBMISSIONS)
    assert {event.id for event in events} == set(accepted)


@pytest.mark.mongo
@pytest.mark.timeout(180)
async def test_intake_takes_in_what_comes_before_it_ever_reached_kafka(
    engine, kafka_server, tmp_path, clock, monkeypatch
):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    kafka_server.kill()
    async with running(build, engine, tmp_path, clock, waits_for_log=False) as intake:
        intake.be_channels()
        answer = await intake.post("offline", PATH, content())
        assert answer.status_code == 201
        assert (await intake.client.get("/readyz")).status_code == 200
        kafka_server.start()
        await asyncio.to_thread(kafka_server.wait_ready)

        async def is_relayed():
            return (tmp_path / "spool" / "slot-0").stat().st_size == 0

        await until(is_relayed, "the spool to be relayed")
        (event,) = await intake.events(Topic.SUBMISSIONS)
        assert event.id == answer.json()["submission_id"]
