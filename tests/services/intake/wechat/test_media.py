"""Media: fetched in the background with the account's shared token, kept sealed, given up loudly."""

import asyncio
import re
from datetime import timedelta

import pytest

from services.intake.attachments.store import ATTACHMENTS
from services.intake.channels.wechat.fetching import MediaFetcher
from services.intake.channels.wechat.store import ACCESS_TOKENS, MEDIA_JOBS
from shared.metrics import INTAKE_WECHAT_MEDIA, MediaOutcome
from tests.services.intake.wechat.followers import Follower
from tests.services.running import until

PHOTO = b"\xff\xd8\xff\xe0 a photo of the canteen" * 5000


def fetcher_of(service):
    (fetcher,) = [each for each in service.service.components if isinstance(each, MediaFetcher)]
    return fetcher


def counted(outcome):
    return INTAKE_WECHAT_MEDIA.labels(outcome)._value.get()


async def waiting(follower):
    return await follower.service.platform.store.count(MEDIA_JOBS)


async def settled(follower):
    """Let the fetcher look until nothing waits."""

    async def is_settled():
        fetcher_of(follower.service).wake()
        return await waiting(follower) == 0

    await until(is_settled, "the media to be settled")


async def tried(follower, call, times):
    """Let the fetcher look until it has called WeChat so often."""

    async def is_tried():
        fetcher_of(follower.service).wake()
        return follower.servers.calls[call] >= times

    await until(is_tried, f"{call} to be called {times} times")


async def send(follower, kind="image", media_id="m1", **fields):
    text = await follower.send(kind, MediaId=media_id, **fields)
    return re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", text)[0]


async def kept(follower):
    """Every attachment: what the office is shown of it."""
    page = await follower.service.platform.store.find(ATTACHMENTS, {}, limit=100)
    return [document.body for document in page.documents]


@pytest.mark.parametrize(
    ("kind", "media_type"), [("image", "image/jpeg"), ("voice", "audio/amr"), ("video", "video/mp4")]
)
async def test_media_are_fetched_and_kept_beside_their_message(agreed, kind, media_type):
    agreed.servers.keep("m1", media_type, PHOTO)
    receipt = await send(agreed, kind)
    await settled(agreed)
    (attachment,) = await kept(agreed)
    assert (attachment["size_bytes"], attachment["media_type"]) == (len(PHOTO), media_type)
    agreed.service.be_channels()
    listed = await agreed.service.ask("wechat", "GET", f"/intake/v1/receipts/{receipt}/attachments")
    assert len(listed.json()["attachments"]) == 1


async def test_a_message_is_answered_before_its_media_are_fetched(agreed):
    agreed.servers.hold_tokens = asyncio.Event()
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    await send(agreed)
    assert await waiting(agreed) == 1
    agreed.servers.hold_tokens.set()
    await settled(agreed)


@pytest.mark.servers_too
async def test_a_repeat_keeps_the_media_once(agreed):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    message = agreed.fields("image", MediaId="m1")
    for _ in range(3):
        await agreed.told(message)
    await settled(agreed)
    assert len(await kept(agreed)) == 1


@pytest.mark.servers_too
async def test_media_that_wait_are_fetched_after_a_restart(start, servers, clock):
    servers.hold_tokens = asyncio.Event()
    servers.keep("m1", "image/jpeg", PHOTO)
    async with start() as service:
        follower = Follower(service, servers)
        await follower.say("同意")
        await send(follower)
    servers.hold_tokens = None
    clock.advance(timedelta(minutes=5))
    async with start() as service:
        follower = Follower(service, servers)
        await settled(follower)
        assert len(await kept(follower)) == 1


async def test_one_token_serves_until_shortly_before_its_end(agreed, clock):
    for number in range(3):
        agreed.servers.keep(f"m{number}", "image/jpeg", PHOTO)
        await send(agreed, media_id=f"m{number}")
        await settled(agreed)
    assert agreed.servers.calls["stable_token"] == 1
    clock.advance(timedelta(seconds=7200 - 299))
    agreed.servers.keep("m9", "image/jpeg", PHOTO)
    await send(agreed, media_id="m9")
    await settled(agreed)
    assert agreed.servers.calls["stable_token"] == 2
    assert len(await kept(agreed)) == 4


async def test_a_token_survives_a_restart_and_lies_sealed(start, servers, tmp_path):
    async with start() as service:
        follower = Follower(service, servers)
        await follower.say("同意")
        servers.keep("m1", "image/jpeg", PHOTO)
        await send(follower)
        await settled(follower)
    async with start() as service:
        follower = Follower(service, servers)
        servers.keep("m2", "image/jpeg", PHOTO)
        await send(follower, media_id="m2")
        await settled(follower)
    assert servers.calls["stable_token"] == 1
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        assert b"token-0" not in path.read_bytes()


@pytest.mark.servers_too
async def test_two_processes_share_one_token_and_one_of_them_brings_it(start, servers, clock):
    """Two fetchers over one store; the second one waits while the first one asks."""
    async with start() as one, start() as two:
        followers = [Follower(one, servers), Follower(two, servers, openid="oSomebodyElse")]
        servers.hold_tokens = asyncio.Event()
        for number, follower in enumerate(followers):
            await follower.say("同意")
            servers.keep(f"m{number}", "image/jpeg", PHOTO)
            await send(follower, media_id=f"m{number}")
        await until_postponed(followers[0], 1)
        assert servers.calls["stable_token"] == 1
        servers.hold_tokens.set()
        servers.hold_tokens = None

        async def is_settled():
            clock.advance(timedelta(seconds=1))
            for each in (one, two):
                fetcher_of(each).wake()
            return await waiting(followers[0]) == 0

        await until(is_settled, "all media to be fetched")
        assert servers.calls["stable_token"] == 1
        assert len(await kept(followers[0])) == 2


async def test_a_token_that_somebody_else_revoked_is_replaced_at_once(agreed):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    await send(agreed)
    await settled(agreed)
    agreed.servers.revoke_tokens()
    agreed.servers.keep("m2", "image/jpeg", PHOTO)
    await send(agreed, media_id="m2")
    await settled(agreed)
    assert len(await kept(agreed)) == 2
    assert len(agreed.servers.tokens) == 2


async def test_a_token_that_is_refused_although_it_is_current_is_forced_anew(agreed):
    """40001 where WeChat gives the same token out again: only a forced one helps."""
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    agreed.servers.fail("media", 40001)
    await send(agreed)
    await settled(agreed)
    assert agreed.servers.forced_count == 1
    assert len(await kept(agreed)) == 1


async def test_when_the_calls_are_used_up_the_media_wait_without_asking_again_soon(agreed, clock):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    agreed.servers.fail("media", 45009)
    before = counted(MediaOutcome.RETRIED)
    await send(agreed)

    async def is_retried():
        return counted(MediaOutcome.RETRIED) == before + 1

    await until(is_retried, "the first try to fail")
    clock.advance(timedelta(seconds=599))
    await fetcher_of(agreed.service).fetch_due()
    agreed.servers.keep("m2", "image/jpeg", PHOTO)
    await send(agreed, media_id="m2")
    await fetcher_of(agreed.service).fetch_due()
    assert agreed.servers.calls["media"] == 1
    clock.advance(timedelta(seconds=1))
    await settled(agreed)
    assert len(await kept(agreed)) == 2


async def test_media_are_tried_again_after_longer_and_longer_while_wechat_is_busy(agreed, clock):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    agreed.servers.fail("media", -1, -1, -1)
    await send(agreed)
    for tries, wait_s in ((1, 10), (2, 20), (3, 40)):
        await tried(agreed, "media", tries)
        job = await until_postponed(agreed, tries)
        assert job.body["due_s"] - int(clock().timestamp()) == wait_s
        clock.advance(timedelta(seconds=wait_s))
    await settled(agreed)


async def until_postponed(follower, tries_count):
    found = []

    async def is_postponed():
        page = await follower.service.platform.store.find(MEDIA_JOBS, {})
        found[:] = [each for each in page.documents if each.body.get("tries_count") == tries_count]
        return bool(found)

    await until(is_postponed, f"try {tries_count} to be over")
    return found[0]


async def until_counted(outcome, count):
    """It is counted after it stands in the store."""

    async def is_counted():
        return counted(outcome) >= count

    await until(is_counted, f"{outcome} to be counted")
    assert counted(outcome) == count


@pytest.mark.parametrize("errcode", [40013, 40125, 48001, 40164])
async def test_what_somebody_may_mend_is_tried_until_wechat_keeps_the_media_no_more(agreed, clock, errcode):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    agreed.servers.fail("media", *[errcode] * 100)
    before = counted(MediaOutcome.GIVEN_UP)
    await send(agreed)
    await tried(agreed, "media", 1)
    await until_postponed(agreed, 1)
    clock.advance(timedelta(days=2))
    await tried(agreed, "media", 2)
    await until_postponed(agreed, 2)
    assert counted(MediaOutcome.GIVEN_UP) == before
    clock.advance(timedelta(days=1))
    await settled(agreed)
    await until_counted(MediaOutcome.GIVEN_UP, before + 1)
    assert not await kept(agreed)


async def test_media_that_wechat_does_not_have_are_given_up_and_counted(agreed, caplog):
    before = counted(MediaOutcome.GIVEN_UP)
    await send(agreed, media_id="never")
    await settled(agreed)
    await until_counted(MediaOutcome.GIVEN_UP, before + 1)
    assert "media-given-up" in caplog.text
    assert agreed.servers.calls["media"] == 1


@pytest.mark.servers_too
async def test_media_of_what_was_taken_back_are_not_kept(agreed, clock):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    agreed.servers.fail("media", -1)
    receipt = await send(agreed)
    await until_postponed(agreed, 1)
    assert "已撤回" in await agreed.say(f"撤回 {receipt}")
    clock.advance(timedelta(seconds=10))
    await settled(agreed)
    assert not await kept(agreed)


async def test_media_over_the_limit_are_given_up(agreed, monkeypatch):
    monkeypatch.setattr("services.intake.channels.wechat.api.MEDIA_LIMIT_BYTES", 1000)
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    before = counted(MediaOutcome.GIVEN_UP)
    await send(agreed)
    await tried(agreed, "media", 1)
    await until_postponed_or_settled(agreed)
    assert not await kept(agreed)
    assert counted(MediaOutcome.GIVEN_UP) == before + 1


async def until_postponed_or_settled(follower):
    async def is_over():
        page = await follower.service.platform.store.find(MEDIA_JOBS, {})
        return all(each.body.get("tries_count") for each in page.documents)

    await until(is_over, "the try to be over")


async def test_without_the_accounts_secret_media_are_declined_and_nothing_is_kept(start, servers):
    async with start(app_secret=None) as service:
        follower = Follower(service, servers)
        await follower.say("同意")
        assert "请用文字" in await follower.send("image", MediaId="m1")
        assert await waiting(follower) == 0


async def test_while_wechat_is_away_messages_are_accepted_and_the_service_is_ready(
    start, servers, monkeypatch
):
    async with start() as service:
        follower = Follower(service, servers)
        await follower.say("同意")
        monkeypatch.setattr(fetcher_of(service)._api._client, "base_url", "http://127.0.0.1:1")
        await send(follower)
        await until_postponed(follower, 1)
        assert (await service.client.get("/readyz")).status_code == 200


async def test_a_token_whose_key_was_thrown_away_is_asked_for_again(agreed):
    agreed.servers.keep("m1", "image/jpeg", PHOTO)
    await send(agreed)
    await settled(agreed)
    store = agreed.service.platform.store
    (document,) = (await store.find(ACCESS_TOKENS, {})).documents
    async with store.transaction() as transaction:
        spoiled = {**document.body, "wrapped_key": document.body["sealed"]}
        await transaction.replace(ACCESS_TOKENS, document.id, spoiled, version=document.version)
    agreed.servers.keep("m2", "image/jpeg", PHOTO)
    await send(agreed, media_id="m2")
    await settled(agreed)
    assert agreed.servers.calls["stable_token"] == 2
