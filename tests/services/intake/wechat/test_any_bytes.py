"""Whatever bytes arrive: no 5xx, and nothing is stored."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.channels.wechat.accounts import Accounts
from services.intake.channels.wechat.crypto import MessageCipher
from services.intake.channels.wechat.errors import AccountUnusable
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.wechat.followers import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    FOLLOWER,
    PATH,
    TOKEN,
    sign,
    signed,
    xml_of,
)
from tests.services.running import Engine

TEXT = {
    "ToUserName": ACCOUNT,
    "FromUserName": FOLLOWER,
    "CreateTime": 1714036504,
    "MsgType": "text",
    "Content": "x",
    "MsgId": 1,
}
NAMES = st.sampled_from([*TEXT, "Event", "EventKey", "Encrypt", "MediaId"])
VALUES = st.one_of(
    st.text(max_size=30), st.integers(), st.sampled_from(["event", "text", "image", "subscribe", "CLICK"])
)
XML = st.dictionaries(NAMES, VALUES, max_size=8).map(lambda changes: xml_of({**TEXT, **changes}))
JSON = st.dictionaries(NAMES, st.one_of(VALUES, st.none(), st.lists(st.booleans())), max_size=8)
QUERIES = st.dictionaries(
    st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "echostr", "encrypt_type"]),
    st.text(max_size=40),
)
RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def engine(tmp_path):
    return Engine.embedded(tmp_path)


def waiting_here():
    """Runs coroutines in this loop for a property that is checked in a thread beside it."""
    loop = asyncio.get_running_loop()
    return lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)


async def nothing_is_stored(service):
    return await service.platform.store.count(REGISTRATIONS) == 0 and not await service.events(
        Topic.SUBMISSIONS
    )


def mutated(draw, content):
    """``content`` with a few bytes changed, cut or put in."""
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=4)) + content[place + draw(st.integers(0, 4)) :]
    return content


BYTES = st.one_of(
    st.binary(max_size=400),
    XML,
    JSON.map(lambda fields: json.dumps(fields).encode()),
    st.composite(lambda draw: mutated(draw, draw(XML)))(),
)


async def test_unsigned_bytes_are_refused(start):
    here = waiting_here()
    async with start(fresh_s=0) as service:

        @RELAXED
        @given(QUERIES, BYTES)
        def holds(query, body):
            for method in ("POST", "GET"):
                answer = here(service.client.request(method, PATH, params=query, content=body))
                assert 400 <= answer.status_code < 500

        await asyncio.to_thread(holds)
        assert await nothing_is_stored(service)


async def test_signed_bytes_are_refused_or_answered(start):
    """In the clear, so that everything behind the signature sees them. Nobody has agreed to anything."""
    here = waiting_here()
    async with start(encoding_aes_key=None, fresh_s=0) as service:
        query = {"timestamp": "1", "nonce": "2", "signature": sign(TOKEN, "1", "2")}

        @RELAXED
        @given(BYTES)
        def holds(body):
            answer = here(service.client.post(PATH, params=query, content=body))
            assert answer.status_code in (200, 422), answer.text

        await asyncio.to_thread(holds)
        assert await nothing_is_stored(service)


async def test_signed_and_encrypted_bytes_are_refused_or_answered(start):
    cipher = MessageCipher(AES_KEY, APP_ID)
    here = waiting_here()
    async with start(fresh_s=0) as service:

        @RELAXED
        @given(BYTES)
        def holds(content):
            text = cipher.encrypt(content)
            push = service.client.post(PATH, params=signed(text), content=xml_of({"Encrypt": text}))
            answer = here(push)
            assert answer.status_code in (200, 422), answer.text

        await asyncio.to_thread(holds)
        assert await nothing_is_stored(service)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_setting_crashes_the_reader_of_accounts(text):
    try:
        Accounts.read(text, {})
    except AccountUnusable:
        return
    assert text.strip() in ("", "{}")
