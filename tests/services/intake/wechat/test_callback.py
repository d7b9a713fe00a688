"""The callback: every published case over HTTP, what is refused, and what goes into quarantine."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta

import orjson
import pytest

from services.intake.app import build
from services.intake.channels.wechat import pushes
from services.intake.channels.wechat.errors import AccountUnusable
from services.intake.channels.wechat.incoming import LIMIT_BYTES, Kind, fields_of, incoming_of
from services.intake.channels.wechat.replies import _xml
from services.intake.channels.wechat.store import EVENTS
from services.intake.quarantine.store import CONTENTS
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from shared.metrics import INTAKE_WECHAT_MESSAGES, WeChatOutcome
from tests.public_cases import each_case, needs_cases, public_cases
from tests.services.intake.wechat.followers import (
    ACCOUNT,
    FOLLOWER,
    PATH,
    TOKEN,
    Follower,
    decrypted,
    encrypted,
    fields_in,
    sign,
    signed,
    xml_of,
)
from tests.services.running import running

CRYPTO = public_cases("wechat", "crypto_vectors.json")
MESSAGES = public_cases("wechat", "messages.json")
SINGLE = {each["id"]: each for each in MESSAGES or () if "xml" in each}
needs_messages = needs_cases(MESSAGES, "WeChat's messages")
TEXT = {
    "ToUserName": ACCOUNT, "FromUserName": FOLLOWER, "CreateTime": 1714036504, "MsgType": "text",
    "Content": "同意", "MsgId": 1,
}  # fmt: skip


def cases(*kinds, expect="ok"):
    return each_case(CRYPTO, "WeChat's vectors", lambda e: e["kind"] in kinds and e["expect"] == expect)


def query_of(case):
    names = ("timestamp", "nonce", "signature", "msg_signature", "echostr")
    query = {name: case[name] for name in names if name in case}
    return query | ({"encrypt_type": "aes"} if "msg_signature" in case else {})


async def stored_count(service):
    """Everything that a push could leave behind."""
    counts = [await service.platform.store.count(each) for each in (REGISTRATIONS, EVENTS, CONTENTS)]
    return sum(counts) + len(await service.events(Topic.SUBMISSIONS))


@pytest.mark.parametrize("case", cases("url_signature"))
async def test_a_published_url_check_is_answered_with_its_echo(start, case):
    async with start(token=case["token"], encoding_aes_key=None, fresh_s=0) as service:
        answer = await service.client.get(PATH, params=query_of(case))
    assert (answer.status_code, answer.text) == (200, case.get("expected_response_body", ""))
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("case", cases("url_signature", expect="reject"))
async def test_a_published_wrong_url_check_is_refused(start, case):
    async with start(token=case["token"], encoding_aes_key=None, fresh_s=0) as service:
        assert (await service.client.get(PATH, params=query_of(case))).status_code == 403


@pytest.mark.parametrize("case", [*cases("encrypted_echostr"), *cases("encrypted_echostr", expect="reject")])
async def test_a_published_encrypted_url_check_is_answered_with_the_decrypted_echo(start, case):
    account = {"token": case["token"], "encoding_aes_key": case["encoding_aes_key"], "app_id": case["appid"]}
    async with start(**account, fresh_s=0) as service:
        query = {**query_of(case), "echostr": case["encrypt"]}
        answer = await service.client.get(PATH, params=query)
    if case["expect"] == "ok":
        assert (answer.status_code, answer.text) == (200, case["expected_plaintext"])
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("case", cases("message", "message_json"))
async def test_a_published_push_is_answered_in_its_own_mode(start, case):
    account = {"token": case["token"], "encoding_aes_key": case["encoding_aes_key"], "app_id": case["appid"]}
    async with start(**account, fresh_s=0) as service:
        answer = await service.client.post(PATH, params=query_of(case), content=case["body"])
    assert answer.status_code == 200
    if case["kind"] == "message_json":
        assert answer.text == "success"  # an event that nobody knows
        return
    envelope = fields_in(answer.content)
    parts = (case["token"], envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"])
    assert envelope["MsgSignature"] == sign(*parts)
    reply = fields_in(decrypted(envelope["Encrypt"], case["encoding_aes_key"]))
    assert reply["ToUserName"] == case["expected_fields"]["FromUserName"]


@pytest.mark.parametrize("case", cases("message", expect="reject"))
async def test_a_published_wrong_push_is_refused_and_nothing_is_stored(start, case):
    account = {"token": case["token"], "encoding_aes_key": case["encoding_aes_key"], "app_id": case["appid"]}
    async with start(**account, fresh_s=0) as service:
        answer = await service.client.post(PATH, params=query_of(case), content=case["body"])
        assert 400 <= answer.status_code < 500
        assert await service.platform.store.count(REGISTRATIONS) == 0
        assert not await service.events(Topic.SUBMISSIONS)


@pytest.mark.parametrize("case", each_case(MESSAGES, "WeChat's messages", lambda each: "xml" in each))
def test_a_published_message_is_read(case):
    fields = fields_of(case["xml"].encode())
    incoming = incoming_of(fields)
    assert fields.items() >= case["expect"].items()
    assert incoming.scene == case.get("scene", incoming.scene)
    if "idempotency_key" in case and incoming.kind is Kind.TEXT:
        assert incoming.id == case["idempotency_key"]


async def plain_push(service, xml):
    query = {"timestamp": "1", "nonce": "2", "signature": sign(TOKEN, "1", "2")}
    return await service.client.post(PATH, params=query, content=xml)


@needs_messages
async def test_every_published_message_is_answered(start):
    async with start(encoding_aes_key=None, fresh_s=0) as service:
        for id, case in SINGLE.items():
            answer = await plain_push(service, case["xml"])
            assert answer.status_code == 200, id
            if answer.content != b"success":
                assert fields_in(answer.content)["ToUserName"] == case["expect"]["FromUserName"]


@pytest.mark.servers_too
@needs_messages
async def test_the_published_retries_are_stored_once_each(start):
    """Of a follower who had agreed before."""
    (case,) = [each for each in MESSAGES if "sequence" in each]
    async with start(encoding_aes_key=None, fresh_s=0) as service:
        agreement = {**SINGLE["text"]["expect"], "Content": "同意", "MsgId": "1"}
        await plain_push(service, xml_of(agreement))
        answers = [await plain_push(service, SINGLE[id]["xml"]) for id in case["sequence"]]
        store = service.platform.store
        stored = await store.count(REGISTRATIONS) + await store.count(EVENTS)
    assert stored == case["expect"]["stored"]
    by_id = {}
    for id, answer in zip(case["sequence"], answers, strict=True):
        assert by_id.setdefault(id, answer.content) == answer.content


async def test_a_campaign_without_an_account_has_no_such_address(intake):
    for method in ("GET", "POST"):
        answer = await intake.client.request(method, PATH)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    for path in (f"{PATH}/questionnaire", f"{PATH}/questionnaire/callback", "/intake/wechat/nowhere"):
        assert (await intake.client.get(path)).status_code == 404


async def test_json_is_answered_in_json(start):
    async with start(fresh_s=0) as service:
        text = encrypted(orjson.dumps(TEXT))
        body = orjson.dumps({"ToUserName": ACCOUNT, "Encrypt": text})
        answer = await service.client.post(PATH, params=signed(text), content=body)
    envelope = answer.json()
    parts = (TOKEN, str(envelope["TimeStamp"]), envelope["Nonce"], envelope["Encrypt"])
    assert envelope["MsgSignature"] == sign(*parts)
    reply = orjson.loads(decrypted(envelope["Encrypt"]))
    assert (reply["ToUserName"], reply["MsgType"]) == (FOLLOWER, "text")
    assert "已收到您的同意" in reply["Content"]


async def test_an_account_in_safe_mode_takes_nothing_in_the_clear(start):
    async with start(fresh_s=0) as service:
        answer = await plain_push(service, xml_of(TEXT))
        assert 400 <= answer.status_code < 500
        compatible = xml_of({**TEXT, "Content": "forged", "Encrypt": encrypted(xml_of(TEXT))})
        query = {"timestamp": "1", "nonce": "2", "signature": sign(TOKEN, "1", "2")}
        assert (await service.client.post(PATH, params=query, content=compatible)).status_code == 403


async def test_what_is_too_old_or_too_early_is_refused(start, clock):
    async with start() as service:
        now_s = int(clock().timestamp())
        text = encrypted(xml_of(TEXT))
        body = xml_of({"Encrypt": text})
        for age_s, status in ((0, 200), (599, 200), (601, 403), (-601, 403)):
            query = signed(text, timestamp=str(now_s - age_s))
            answer = await service.client.post(PATH, params=query, content=body)
            assert (age_s, answer.status_code) == (age_s, status)
        for timestamp in ("", "abc", "９", "1" * 400, "-5"):
            query = signed(text, timestamp=timestamp)
            assert (await service.client.post(PATH, params=query, content=body)).status_code == 403


BAD_INNER = {
    "document type": b"<!DOCTYPE xml>" + xml_of(TEXT),
    "entity": b'<!DOCTYPE xml [<!ENTITY e "x">]>' + xml_of(TEXT).replace(b"</xml>", b"<E>&e;</E></xml>"),
    "external entity": b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + xml_of(TEXT).replace(b"</xml>", b"<E>&e;</E></xml>"),
    "billion laughs": b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    + xml_of(TEXT).replace(b"</xml>", b"<E>&b;</E></xml>"),
    "broken XML": b"<xml><Content>",
    "broken JSON": b'{"Content": ',
    "another root": b"<html/>",
    "deep nesting": b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>",
    "GBK": "<xml><Content>你好</Content></xml>".encode("gbk"),
    "no sender": xml_of({**TEXT, "FromUserName": ""}),
    "a sender that is none": xml_of({**TEXT, "FromUserName": "a b<c>"}),
    "no time": xml_of({**TEXT, "CreateTime": "soon"}),
    "a time that can't be": xml_of({**TEXT, "CreateTime": "999999999999"}),
    "too long": xml_of({**TEXT, "Content": "x" * 70_000}),
    "empty": b"",
}


async def test_what_decrypts_to_no_message_is_refused_and_kept_in_quarantine(start):
    async with start(fresh_s=0) as service:
        expected_count = 0
        for name, content in BAD_INNER.items():
            text = encrypted(content)
            body = xml_of({"Encrypt": text})
            expected_count += len(body) <= LIMIT_BYTES
            for _ in range(2):
                answer = await service.client.post(PATH, params=signed(text), content=body)
                assert answer.status_code == 422, name
                assert answer.json()["code"] in ("unreadable-message", "bad-encoding"), name
            assert await service.platform.store.count(CONTENTS) == expected_count, name
        assert expected_count == len(BAD_INNER) - 1
        assert await service.platform.store.count(REGISTRATIONS) == 0


async def test_what_does_not_decrypt_is_refused_and_kept_in_quarantine(start):
    texts = [
        encrypted(xml_of(TEXT), app_id="wxffffffffffffffff"),
        encrypted(xml_of(TEXT), key="B" * 43),
        "AAAA",
        "not base64!",
    ]
    async with start(fresh_s=0) as service:
        for number, text in enumerate(texts, start=1):
            answer = await service.client.post(PATH, params=signed(text), content=xml_of({"Encrypt": text}))
            assert (answer.status_code, answer.json()["code"]) == (422, "undecryptable-message")
            assert await service.platform.store.count(CONTENTS) == number
        assert not await service.events(Topic.SUBMISSIONS)


async def test_after_the_key_is_mended_what_lay_in_quarantine_is_replayed(start, clock, servers):
    """The account was set up with the key that it had before."""
    async with start() as service:
        follower = Follower(service, servers)
        await follower.say("同意")
        fields = follower.fields("text", Content="食堂太贵")
    async with start(encoding_aes_key="B" * 43) as service:
        refused = await Follower(service, servers).push(fields)
        assert refused.json()["code"] == "undecryptable-message"
    clock.advance(timedelta(hours=5))
    async with start() as service:
        listed = await service.ask("office", "GET", "/intake/v1/quarantine?campaign=suzhou-2024")
        (item,) = listed.json()["items"]
        answer = await service.ask("office", "POST", f"/intake/v1/quarantine/{item['id']}:replay")
        assert answer.json()["state"] == "accepted"
        assert answer.json()["receipt"] in await Follower(service, servers).told(fields)
        assert len(await service.events(Topic.SUBMISSIONS)) == 1


async def test_replaying_takes_in_nothing_without_consent(start, servers):
    async with start(encoding_aes_key="B" * 43) as service:
        follower = Follower(service, servers)
        await follower.push(follower.fields("text", Content="食堂太贵"))
    async with start() as service:
        listed = await service.ask("office", "GET", "/intake/v1/quarantine?campaign=suzhou-2024")
        (item,) = listed.json()["items"]
        answer = await service.ask("office", "POST", f"/intake/v1/quarantine/{item['id']}:replay")
        assert (answer.json()["state"], answer.json()["detail"]) == ("waiting", "没有本人的同意，没有保存。")
        assert not await service.events(Topic.SUBMISSIONS)


async def test_junk_is_only_counted(follower):
    counter = INTAKE_WECHAT_MESSAGES.labels(Kind.OTHER, WeChatOutcome.NOT_FROM_WECHAT)
    before = counter._value.get()
    for body in (b"", b"{}", b"<xml/>", b"\x00", xml_of(TEXT), xml_of({"Encrypt": encrypted(xml_of(TEXT))})):
        assert (await follower.service.client.post(PATH, content=body)).status_code == 403
    assert counter._value.get() == before + 6
    assert await stored_count(follower.service) == 0


async def test_it_is_answered_well_inside_five_seconds_and_only_when_durable_else_503_and_the_repeat_has_the_receipt(
    agreed, engine, tmp_path, monkeypatch
):
    """An empty answer would tell WeChat that there is nothing to repeat."""
    if not engine.is_embedded:
        pytest.skip("another program holds the file of the store")
    monkeypatch.setattr(pushes, "ANSWER_WITHIN_S", 0.3)
    message = agreed.fields("text", Content="食堂太贵")
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        late = await agreed.push(message)
        other.execute("ROLLBACK")
    assert (late.status_code, late.headers["retry-after"]) == (503, "1")
    assert "未能及时保存" in late.json()["detail"]
    monkeypatch.undo()
    assert "回执号" in await agreed.told(message)
    assert len({event.id for event in await agreed.service.events(Topic.SUBMISSIONS)}) == 1


async def test_many_repeats_at_once_are_one_message_with_one_answer(agreed):
    message = agreed.fields("text", Content="食堂太贵")
    answers = await asyncio.gather(*(agreed.told(message) for _ in range(8)))
    assert len(set(answers)) == 1
    assert len({event.id for event in await agreed.service.events(Topic.SUBMISSIONS)}) == 1


def test_what_would_end_a_text_of_a_reply_stays_text():
    assert fields_in(f"<xml><a>{_xml(']]><b>')}</a></xml>".encode()) == {"a": "]]><b>"}


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        ("{", "不是有效的 JSON"),
        ("[]", "应为 JSON 对象"),
        ('{"nowhere": {}}', "没有这个活动"),
        ('{"suzhou-2024": {"app_id": "wx1"}}', "token：缺少这一项"),
        ('{"suzhou-2024": {"app_id": "", "token": "s3cret"}}', "app_id"),
        ('{"suzhou-2024": {"app_id": "wx1", "token": "s3cret", "encoding_aes_key": "s3cret"}}', "43 位"),
        ('{"suzhou-2024": {"app_id": "wx1", "token": "s3cret", "tokn": "s3cret"}}', "tokn：没有这一项"),
    ],
)
async def test_an_account_that_can_not_be_is_told_at_the_start_without_its_secrets(
    engine, tmp_path, clock, monkeypatch, accounts, says
):
    monkeypatch.setenv("DAFANGTAN_INTAKE_WECHAT_ACCOUNTS", accounts)
    with pytest.raises(AccountUnusable, match=says) as raised:
        async with running(build, engine, tmp_path, clock):
            pass
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None
