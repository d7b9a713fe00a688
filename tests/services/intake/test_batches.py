"""Batches of more than one chunk: in order, and honest about what was not taken in."""

import asyncio
import json
import sqlite3
from collections import Counter

import pytest

from services.intake.batches import CHUNKS_AT_ONCE, LINES_AT_ONCE
from shared.events import Topic
from tests.services.intake.forms import content
from tests.services.running import Engine

PATH = "/intake/v1/submissions:batch"
LINE_COUNT = LINES_AT_ONCE * (CHUNKS_AT_ONCE + 1) + 7


def lines(count=LINE_COUNT):
    return [content(source_id=f"s{number}") for number in range(count)]


async def answers(intake, some_lines):
    answer = await intake.post("offline", PATH, b"\n".join(some_lines))
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_every_line_has_its_answer_in_order_and_its_event_in_the_log(intake):
    told = await answers(intake, lines())
    assert [each["line"] for each in told] == list(range(1, LINE_COUNT + 1))
    assert {each["status"] for each in told} == {201}
    ids = Counter(event.id for event in await intake.events(Topic.SUBMISSIONS))
    assert ids == Counter(each["submission_id"] for each in told)


async def test_a_line_again_in_a_later_chunk_is_a_repeat_and_other_content_is_refused(intake):
    some = lines(LINES_AT_ONCE)
    told = await answers(intake, [*some, some[0], content(source_id="s1", message="另一句话")])
    assert [each["status"] for each in told[LINES_AT_ONCE:]] == [200, 409]
    assert told[LINES_AT_ONCE]["receipt"] == told[0]["receipt"]
    ids = {event.id for event in await intake.events(Topic.SUBMISSIONS)}
    assert len(ids) == LINES_AT_ONCE


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "engine", ["embedded"], indirect=True
)  # where a lock on the file keeps the store away
async def test_while_the_store_is_away_all_lines_are_503_and_sent_again_all_are_taken_in(
    intake, engine: Engine
):
    path = engine.store_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # whoever writes now needs this loop to end
    told = await answers(intake, [b"{", *lines()])
    assert {each["status"] for each in told} == {503}  # also the broken one: it could not be kept
    assert not await intake.events(Topic.SUBMISSIONS)
    other.execute("ROLLBACK")
    other.close()
    assert {each["status"] for each in await answers(intake, lines())} == {201}
