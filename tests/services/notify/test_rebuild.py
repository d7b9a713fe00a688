"""Rebuilding what notify keeps from the log: the same notices again, and not one mail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from services.cli.rebuilding import rebuild, runners_of
from services.notify import store as documents
from services.notify.app import build
from services.notify.model import DeliveryState
from shared.events import Topic
from shared.log import open_log
from shared.platform import Platform
from shared.store import open_store
from tests.services.notify.mail_server import Behaviour, MailServerInTest
from tests.services.notify.telling import deliveries, fold, granted, milestone, outcomes, sender_of, wait_for
from tests.services.running import ClockInTest, Engine, Running, running

ENDED = {DeliveryState.SENT: 1, DeliveryState.FAILED: 1, DeliveryState.UNCONFIRMED: 1}


async def tell_three_mails(notify: Running, mail_server: MailServerInTest, clock: ClockInTest) -> None:
    """One is sent, one refused for good, of one nobody can know."""
    mail_server.to_data.extend(["250 taken", "554 no", Behaviour.TAKE_AND_DROP])
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await notify.append(Topic.ACCESS, granted("e2", clock()))
    await wait_for(notify, ENDED)
    await outcomes(notify, 3)


async def read_everything(notify: Running) -> list[dict[str, object]]:
    """The office's notices, all of them read."""
    path = "/notify/v1/inbox"
    notices = (await notify.ask("off", "GET", path)).json()["notices"]
    assert len(notices) == 2
    read = [await notify.ask("off", "POST", f"{path}/{notice['id']}:read") for notice in notices]
    assert [answer.status_code for answer in read] == [200, 200]
    return list((await notify.ask("off", "GET", f"{path}")).json()["notices"])


async def rebuilt_by_a_command(like: Platform, engine: Engine) -> bool:
    """As the command does it, in a process of its own; whether the result equals what stood."""
    log = open_log(engine.log_url, topic_prefix=engine.topic_prefix)
    platform = replace(like, log=log, store=open_store(engine.store_url))
    await platform.log.open(list(Topic), partition_count=2)
    service = build(platform)
    await platform.store.open(service.collections)
    result = await rebuild(runners_of(service), platform.log, platform.store)
    await platform.log.close()
    await platform.store.close()
    return result.is_equal


async def test_a_rebuild_finds_the_same_notices_and_sends_nothing(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    async with running(build, engine, tmp_path, clock) as notify:
        await tell_three_mails(notify, mail_server, clock)
    taken = list(mail_server.taken)
    assert await rebuilt_by_a_command(notify.platform, engine)
    async with running(build, engine, tmp_path, clock) as notify:
        await wait_for(notify, ENDED)
        assert await sender_of(notify).send_due() == 0
        assert mail_server.taken == taken
        await notify.append(Topic.ACCESS, granted("e3", clock()))
        await wait_for(notify, {**ENDED, DeliveryState.SENT: 2})
    assert len(mail_server.taken) == len(taken) + 1


async def test_a_rebuild_beside_a_running_service_sends_nothing(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    async with running(build, engine, tmp_path, clock) as notify:
        await tell_three_mails(notify, mail_server, clock)
        taken = list(mail_server.taken)
        notify.be("off", "office")
        before = await read_everything(notify)
        assert await rebuilt_by_a_command(notify.platform, engine)
        assert await read_everything(notify) == before, "what somebody has read stays read"
        await notify.append(Topic.ACCESS, granted("e3", clock()))
        await wait_for(notify, {**ENDED, DeliveryState.SENT: 2})
        assert mail_server.taken[: len(taken)] == taken
        assert len(mail_server.taken) == len(taken) + 1


async def test_in_a_store_that_was_lost_the_log_tells_what_was_sent(
    mail_settings: None, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    engine = Engine.embedded(tmp_path)
    async with running(build, engine, tmp_path, clock) as notify:
        await tell_three_mails(notify, mail_server, clock)
    taken = list(mail_server.taken)
    fresh = replace(engine, store_url=f"sqlite:///{tmp_path}/fresh.db")
    async with running(build, fresh, tmp_path, clock) as notify:
        await wait_for(notify, {DeliveryState.SENT: 1, DeliveryState.FAILED: 2})
        assert await sender_of(notify).send_due() == 0
        assert Counter(d.state for d in await deliveries(notify))[DeliveryState.PENDING] == 0
    assert mail_server.taken == taken


async def test_while_the_log_has_more_to_tell_of_mails_nothing_is_sent(
    mail_settings: None, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    """As in a store that is folded anew: the mail is there already, the word that it was sent isn't."""
    engine = Engine.embedded(tmp_path)
    async with running(build, engine, tmp_path, clock) as notify:
        await tell_three_mails(notify, mail_server, clock)
    mail_server.taken.clear()
    platform = notify.platform
    platform = replace(
        platform,
        log=open_log(engine.log_url, topic_prefix=""),
        store=open_store(f"sqlite:///{tmp_path}/fresh.db"),
    )
    await platform.log.open(list(Topic), partition_count=2)
    service = build(platform)
    await platform.store.open(service.collections)
    sender = sender_of(replace(notify, service=service))
    await fold_all_but_notices(platform)
    assert await sender.send_due() == 0
    assert mail_server.taken == []
    await platform.log.close()
    await platform.store.close()


async def fold_all_but_notices(platform: Platform) -> None:
    """The mails stand as pending, as they do half-way through a rebuild."""
    campaign = platform.campaigns["suzhou-2024"]
    events = [milestone("e1", platform.clock()), granted("e2", platform.clock())]
    assert await fold(platform.store, campaign, events, now=platform.clock()) == []
    page = await platform.store.find(documents.DELIVERIES, {})
    assert len(page.documents) == 3
