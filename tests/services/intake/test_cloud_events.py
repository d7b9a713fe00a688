"""Submissions posted as CloudEvents, in each mode of the HTTP binding."""

import orjson
import pytest

from services.intake.channels.cloud_events import POSTED
from shared.events import Topic
from tests.services.intake.forms import content

PATH = "/intake/v1/events"
EVENT = {"specversion": "1.0", "type": POSTED, "source": "/tablets/7", "id": "000123"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}


def form(**changes):
    fields = orjson.loads(content(**changes))
    del fields["source_id"]
    return fields


def binary(**changes):
    return {f"ce-{name}": value for name, value in (EVENT | changes).items()} | {
        "Content-Type": "application/json"
    }


async def ids_in_log(intake):
    return [event.id for event in await intake.events(Topic.SUBMISSIONS)]


async def test_every_mode_posts_the_same_submission(intake):
    one = await intake.post("offline", PATH, orjson.dumps(form()), headers=binary())
    other = await intake.post("offline", PATH, orjson.dumps(EVENT | {"data": form()}), headers=STRUCTURED)
    batch = await intake.post("offline", PATH, orjson.dumps([EVENT | {"data": form()}]), headers=BATCHED)
    plain = await intake.post(
        "offline", "/intake/v1/submissions", orjson.dumps(form() | {"source_id": EVENT["id"]})
    )
    assert [answer.status_code for answer in (one, other, batch, plain)] == [201, 200, 200, 200]
    assert {answer.json()["receipt"] for answer in (one, other, batch, plain)} == {one.json()["receipt"]}
    assert await ids_in_log(intake) == [one.json()["submission_id"]]


async def test_a_batch_answers_each_event_in_order(intake):
    events = [
        EVENT | {"id": str(n), "data": form(unit=unit)}
        for n, unit in enumerate(["taicang", "atlantis", "gusu"])
    ]
    answer = await intake.post("offline", PATH, orjson.dumps(events), headers=BATCHED)
    lines = [orjson.loads(line) for line in answer.text.splitlines()]
    assert [(line["line"], line["status"]) for line in lines] == [(1, 201), (2, 422), (3, 201)]


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [
        (orjson.dumps(form()), binary(type="com.example.other"), "type"),
        (orjson.dumps(form()), binary(specversion="0.3"), "specversion"),
        (orjson.dumps(form()), binary(id="%C0%A0"), "ce-id"),
        (b"[1]", binary(), "data"),
        (b'{"message": "\\ud800"}', binary(), "data"),
        (b'{"answers": 1%s}' % (b"0" * 30), binary(), "data"),
        (orjson.dumps(EVENT | {"data": "text"}), STRUCTURED, "data"),
        (orjson.dumps([EVENT | {"data": form()}, EVENT]), BATCHED, "[1].data"),
        (orjson.dumps(form()), {"Content-Type": "application/cloudevents+avro"}, "content-type"),
    ],
)
async def test_what_is_no_such_event_is_refused_whole(intake, body, headers, field):
    answer = await intake.post("offline", PATH, body, headers=headers)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
    assert await ids_in_log(intake) == []
