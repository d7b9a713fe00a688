"""The signature of requests: who may post, when, and once."""

import asyncio
import hashlib
import hmac
from base64 import b64decode
from datetime import timedelta

import orjson
import pytest

from services.intake.app import build
from services.intake.channels.app_board import store
from services.intake.channels.app_board.signing import Message, signature_of
from shared.access.signing_keys import read_signing_keys, renew_signing_key, revoke_signing_key
from shared.events import Topic
from shared.privacy import KeyRing
from tests.services.intake.app_board.backend import POSTS, REPLIES, Backend, backend, post
from tests.services.running import running


async def sent(app, headers, body=None):
    body = post() if body is None else body
    return await app.service.client.post(POSTS, content=body, headers=headers)


async def refused(app, headers, body=None):
    """The problem of a request that is refused, of which nothing is stored."""
    answer = await sent(app, headers, body)
    assert answer.status_code == 401
    assert await app.service.events(Topic.SUBMISSIONS) == []
    return answer.json()


def test_the_signature_is_the_one_that_is_documented():
    """Composed by hand, so that a change of it is noticed by somebody."""
    message = Message("POST", "/intake/v1/app/suzhou-2024/posts?a=1", b'{"a":1}')
    digest = hashlib.sha256(b'{"a":1}').hexdigest()
    text = f"POST\n/intake/v1/app/suzhou-2024/posts?a=1\n1717205400\n0123456789abcdef\n{digest}"
    expected = hmac.new(b"dfts_secret", text.encode(), "sha256").hexdigest()
    assert signature_of(b"dfts_secret", message, 1717205400, "0123456789abcdef") == expected


async def test_a_signed_post_is_accepted(app):
    answer = await app.send("POST", POSTS, post())
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "name", ["x-dafangtan-key", "x-dafangtan-timestamp", "x-dafangtan-nonce", "x-dafangtan-signature"]
)
async def test_a_missing_or_malformed_header_is_named(app, name):
    headers = app.sign("POST", POSTS, post())
    for broken in ({name: "?"}, {name: ""}):
        problem = await refused(app, {**headers, **broken})
        assert problem["code"] == "bad-signature-headers"
        assert name in problem["detail"].lower()


async def test_an_unknown_key_is_told(app):
    problem = await refused(app, {**app.sign("POST", POSTS, post()), "x-dafangtan-key": "00000000"})
    assert problem["code"] == "unknown-key"
    assert "00000000" in problem["detail"]


@pytest.mark.parametrize("changed", ["body", "method", "target", "timestamp", "nonce", "secret"])
async def test_whatever_of_the_request_was_changed_breaks_the_signature(app, changed):
    now = int(app.service.platform.clock().timestamp())
    signer = app if changed != "secret" else Backend(app.service, app.key_id, "dfts_guessed")
    headers = signer.sign(
        "PUT" if changed == "method" else "POST",
        POSTS + "?x=1" if changed == "target" else POSTS,
        b"{}" if changed == "body" else post(),
    )
    if changed == "timestamp":
        headers["x-dafangtan-timestamp"] = str(now + 1)
    if changed == "nonce":
        headers["x-dafangtan-nonce"] = "f" * 32
    assert (await refused(app, headers))["code"] == "bad-signature"


@pytest.mark.parametrize(("off_s", "is_let_in"), [(-301, False), (-300, True), (300, True), (301, False)])
async def test_the_clock_may_be_five_minutes_off_and_no_more_and_the_servers_time_is_told(
    app, off_s, is_let_in
):
    now_s = int(app.service.platform.clock().timestamp())
    headers = app.sign("POST", POSTS, post(), at=now_s + off_s)
    if is_let_in:
        assert (await sent(app, headers)).status_code == 201
        return
    problem = await refused(app, headers)
    assert problem["code"] == "clock-skew"
    assert "2024-06-01T01:30:00.000Z" in problem["detail"]
    assert str(now_s) in problem["detail"]


async def test_a_replay_is_refused_and_a_retry_signed_anew_gets_the_original_receipt(app):
    headers = app.sign("POST", POSTS, post())
    first = await sent(app, headers)
    replayed = await sent(app, headers)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "replayed")
    retried = await app.send("POST", POSTS, post())
    assert (first.status_code, retried.status_code) == (201, 200)
    assert retried.json() == first.json()
    assert len(await app.service.events(Topic.SUBMISSIONS)) == 1


async def test_of_the_same_request_many_times_at_once_one_gets_through(app):
    headers = app.sign("POST", POSTS, post())
    answers = await asyncio.gather(*(sent(app, headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 19


@pytest.mark.servers_too
async def test_a_nonce_is_known_to_every_process_and_after_a_restart(app, engine, tmp_path, clock):
    headers = app.sign("POST", POSTS, post())
    await sent(app, headers)
    async with running(build, engine, tmp_path, clock) as other:
        replayed = await other.client.post(POSTS, content=post(), headers=headers)
    assert replayed.json()["code"] == "replayed"


@pytest.mark.servers_too
async def test_nonces_are_forgotten_when_no_window_lets_them_in_any_more(app, clock):
    nonces = next(each for each in app.service.service.components if each.name == "intake.app_nonces")
    headers = app.sign("POST", POSTS, post(), at=int(clock().timestamp()) + 300)
    await sent(app, headers)
    for passed in (timedelta(seconds=300), timedelta(seconds=299)):
        clock.advance(passed)
        assert await nonces.clear_away() == 0
        assert (await sent(app, headers)).json()["code"] == "replayed"
    clock.advance(timedelta(seconds=62))
    assert await nonces.clear_away() == 1
    assert await app.service.platform.store.count(store.NONCES) == 0
    assert (await sent(app, headers)).json()["code"] == "clock-skew"


async def test_asking_for_replies_is_signed_with_its_query(app):
    assert (await app.send("GET", f"{REPLIES}?after=0")).status_code == 200
    moved = app.sign("GET", f"{REPLIES}?after=0", b"")
    answer = await app.service.client.get(f"{REPLIES}?after=7", headers=moved)
    assert answer.json()["code"] == "bad-signature"


async def test_a_renewed_key_takes_both_secrets_for_a_while(app, clock):
    settings = app.service.platform.settings
    keyring = KeyRing.load(settings.keys_file)
    in_an_hour = clock() + timedelta(hours=1)
    secret, _ = renew_signing_key(
        settings.signing_keys_file, app.key_id, keyring.campaign, old_good_until=in_an_hour
    )
    renewed = Backend(app.service, app.key_id, secret)
    assert (await app.send("POST", POSTS, post())).status_code == 201
    assert (await renewed.send("POST", POSTS, post())).status_code == 200
    clock.advance(timedelta(hours=1))
    assert (await app.send("POST", POSTS, post())).json()["code"] == "bad-signature"
    assert (await renewed.send("POST", POSTS, post())).status_code == 200


async def test_a_revoked_key_is_refused_at_once(app, clock):
    revoke_signing_key(app.service.platform.settings.signing_keys_file, app.key_id, now=clock())
    assert (await app.send("POST", POSTS, post())).json()["code"] == "unknown-key"


async def test_another_campaigns_key_does_not_post_here(app):
    answer = await app.send("POST", POSTS.replace("suzhou-2024", "wuxi-2024"), post())
    assert answer.status_code in (403, 422)


async def test_the_secret_lies_in_no_file(app, tmp_path):
    content = app.service.platform.settings.signing_keys_file.read_bytes()
    assert app.secret.encode() not in content
    assert app.key_id.encode() in content
    (key,) = read_signing_keys(app.service.platform.settings.signing_keys_file).values()
    assert app.secret.encode() not in b64decode(key.secrets[0].sealed)
    assert app.secret not in repr(key)
    path = app.service.platform.settings.signing_keys_file
    assert path.stat().st_mode & 0o077 == 0


async def test_a_secret_moved_under_another_key_is_of_no_use(app):
    """The seal is bound to the key's id."""
    path = app.service.platform.settings.signing_keys_file
    other = backend(app.service)
    content = orjson.loads(path.read_bytes())
    content["keys"][0]["secrets"], content["keys"][1]["secrets"] = (
        content["keys"][1]["secrets"],
        content["keys"][0]["secrets"],
    )
    path.write_bytes(orjson.dumps(content))
    for each in (app, other, Backend(app.service, app.key_id, other.secret)):
        assert (await each.send("POST", POSTS, post())).json()["code"] == "bad-signature"
