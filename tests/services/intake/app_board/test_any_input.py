"""Whatever bytes or JSON arrive at the message board, signed or not."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.app_board.store import POSTS as KEPT_POSTS
from tests.services.intake.app_board.backend import CAMPAIGN, POST, POSTS, REPLIES, post
from tests.services.intake.hotline.any_input import (
    JSON,
    RELAXED,
    as_json,
    changed,
    check_balance,
    mutated,
    waiting_here,
)
from tests.services.running import Engine

BODIES = st.one_of(st.binary(max_size=100), changed(POST).map(as_json), JSON.map(as_json), mutated(post()))
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=70)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["x-dafangtan-key", "x-dafangtan-timestamp", "x-dafangtan-nonce", "x-dafangtan-signature"]
    ),
    ASCII | st.from_regex(r"\A[0-9a-f]{8,64}\Z"),
)


@pytest.fixture
def engine(tmp_path):
    return Engine.embedded(tmp_path)


async def test_whatever_is_signed_it_is_taken_in_whole_or_refused(app):
    here = waiting_here()
    accepted = set()

    @RELAXED
    @given(BODIES)
    def holds(body):
        answer = here(app.send("POST", POSTS, body))
        assert answer.status_code in (200, 201, 400, 409, 422), answer.text
        if answer.is_success:
            accepted.add(answer.json()["receipt"])

    await asyncio.to_thread(holds)
    assert accepted
    await check_balance(app.service, KEPT_POSTS, len(accepted))


async def test_whatever_headers_come_nothing_unsigned_gets_in(app):
    here = waiting_here()

    @RELAXED
    @given(HEADERS, st.booleans())
    def holds(headers, is_partly_signed):
        signed = app.sign("POST", POSTS, b"other") if is_partly_signed else {}
        answer = here(app.service.client.post(POSTS, content=post(), headers={**signed, **headers}))
        assert answer.status_code == 401, answer.text

    await asyncio.to_thread(holds)
    await check_balance(app.service, KEPT_POSTS, 0)


async def test_whatever_is_replied_or_asked_for_is_no_crash(app):
    here = waiting_here()
    thread = (await app.send("POST", POSTS, post())).json()["thread"]

    @RELAXED
    @given(BODIES | changed({"text": "好", "answers": "x"}).map(as_json), st.integers())
    def holds(body, after):
        path = f"/intake/v1/app/{CAMPAIGN}/threads/{thread}/replies"
        assert here(app.service.post("office", path, body)).status_code in (201, 400, 422)
        assert here(app.send("GET", f"{REPLIES}?after={after}")).status_code in (200, 422)

    await asyncio.to_thread(holds)
