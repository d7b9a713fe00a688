"""Intake while a lock keeps the embedded log away: all JSON endpoints go on, up to the room that there is."""

import json
import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import pytest

from services.intake.app import build
from shared.events import Topic
from shared.metrics import INTAKE_SPOOL, INTAKE_SPOOL_AGE
from tests.services.intake.forms import FORM, content
from tests.services.running import Engine, running, until

PATH = "/intake/v1/submissions"
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.parametrize("engine", ["embedded"], indirect=True),  # Kafka's absence is in test_log_away.py
]


@contextmanager
def log_away(engine: Engine):
    other = sqlite3.connect(engine.log_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def relayed(intake):
    async def is_relayed():
        return INTAKE_SPOOL._value.get() == 0

    await until(is_relayed, "the spool to be relayed")


def of_person(number, revision):
    respondent = FORM["respondent"] | {"phone": f"1390000{number:04}"}
    return content(source_id=f"{number}-{revision}", respondent=respondent, message=f"第 {revision} 次")


async def test_the_relay_keeps_order_within_a_respondent_and_the_spools_length_and_age_are_metrics(
    intake, engine, clock
):
    accepted = []
    with log_away(engine):
        for revision in range(3):
            answer = await intake.post("offline", PATH, of_person(0, revision))
            assert answer.status_code == 201
            accepted.append(answer.json()["submission_id"])
        lines = [of_person(number, revision) for revision in range(3, 8) for number in range(4)]
        answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
        told = [json.loads(line) for line in answer.text.splitlines()]
        assert {each["status"] for each in told} == {201}
        accepted += [each["submission_id"] for each in told]
        assert (await intake.post("offline", PATH, lines[0])).status_code == 200
        receipt = f"/intake/v1/receipts/{told[0]['receipt']}"
        assert (await intake.ask("offline", "GET", receipt)).json()["standing"] == "received"
        assert INTAKE_SPOOL._value.get() == len(accepted) == 23
        assert (await intake.client.get("/readyz")).status_code == 200
        clock.advance(timedelta(minutes=10))

        async def is_old():
            return INTAKE_SPOOL_AGE._value.get() >= 600

        await until(is_old, "the age of the oldest to be shown")
    await relayed(intake)
    assert INTAKE_SPOOL_AGE._value.get() == 0
    events = await intake.events(Topic.SUBMISSIONS)
    assert sorted(event.id for event in events) == sorted(accepted)
    by_key = {}
    for event in events:
        by_key.setdefault(event.key, []).append(accepted.index(event.id))
    assert len(by_key) == 4
    assert all(places == sorted(places) for places in by_key.values())


async def test_without_room_it_is_507_and_sent_again_later_all_is_well(engine, tmp_path, clock, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_LIMIT_BYTES", str(1 << 20))
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        lines = [content(source_id=f"s{number}", message="长" * 5000) for number in range(90)]
        with log_away(engine):
            assert {each["status"] for each in await _batch(intake, lines[:30])} == {201}
            refused = await _batch(intake, lines[30:])
            assert {(each["status"], each["code"]) for each in refused} == {(507, "storage-full")}
            assert (await intake.post("offline", PATH, content(source_id="a short one"))).status_code == 201
        await relayed(intake)
        again = await _batch(intake, lines)
        assert [each["status"] for each in again] == [200] * 90  # registered, and told to the log now
        ids = {event.id for event in await intake.events(Topic.SUBMISSIONS)}
        assert ids > {each["submission_id"] for each in again}


async def _batch(intake, lines):
    answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    return [json.loads(line) for line in answer.text.splitlines()]
