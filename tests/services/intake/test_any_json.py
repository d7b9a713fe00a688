"""Whatever bytes or JSON arrive at the doors of forms: no 5xx, nothing half-stored, and the books balance."""

import asyncio
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.forms import FORM, answered
from tests.services.intake.hotline.any_input import JSON, RELAXED, as_json, changed, mutated, waiting_here
from tests.services.running import Engine

PATH = "/intake/v1/submissions"
GOOD = answered(FORM)
DEEP = st.builds(
    lambda depth, kind: kind[0] * depth + kind[1] * depth,
    st.integers(1, 5000),
    st.sampled_from([(b"[", b"]"), (b'{"answers":', b"}"), (b"[", b"")]),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(as_json),
    changed(GOOD).map(as_json),
    mutated(orjson.dumps(GOOD)),
    st.sampled_from(["utf-16", "gb18030", "utf-8-sig"]).map(
        lambda name: json.dumps(GOOD, ensure_ascii=False).encode(name)
    ),
    DEEP,
)


@pytest.fixture
def engine(tmp_path):
    return Engine.embedded(tmp_path)


async def check_balance(intake, accepted):
    ids = {event.id for event in await intake.events(Topic.SUBMISSIONS)}
    assert ids == accepted
    assert await intake.platform.store.count(REGISTRATIONS) == len(accepted)


async def test_whatever_bytes_arrive_as_json_the_form_is_taken_in_whole_or_refused(intake):
    here = waiting_here()
    accepted = set()

    @RELAXED
    @given(BODIES)
    def holds(body):
        answer = here(intake.post("offline", PATH, body))
        assert answer.status_code in (200, 201, 400, 403, 409, 422), answer.text
        if answer.is_success:
            accepted.add(answer.json()["submission_id"])

    await asyncio.to_thread(holds)
    assert accepted, "no form was ever good: the property says little"
    await check_balance(intake, accepted)


async def test_whatever_lines_arrive_in_a_batch_each_is_taken_in_whole_or_told(intake):
    here = waiting_here()
    accepted = set()

    @RELAXED
    @given(st.lists(BODIES, max_size=4).map(b"\n".join))
    def holds(body):
        answer = here(intake.post("offline", f"{PATH}:batch", body))
        assert answer.status_code == 200, answer.text
        told = [json.loads(line) for line in answer.content.splitlines()]
        assert all(each["status"] in (200, 201, 400, 403, 409, 422) for each in told), told
        assert [each["line"] for each in told] == sorted({each["line"] for each in told})
        accepted.update(each["submission_id"] for each in told if each["status"] in (200, 201))

    await asyncio.to_thread(holds)
    assert accepted
    await check_balance(intake, accepted)
