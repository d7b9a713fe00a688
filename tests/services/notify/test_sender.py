"""Sending over a real SMTP server: each mail once, or never, and nobody has to guess which."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.notify.app import build
from services.notify.model import DeliveryState
from services.notify.sender import MailSender
from services.notify.smtp import MailServer
from shared.consuming import Outbox
from shared.events import Topic
from shared.metrics import NoticeState
from tests.services.notify.conftest import SENDER_ADDRESS
from tests.services.notify.mail_server import Behaviour, MailServerInTest
from tests.services.notify.telling import (
    LINES,
    deliveries,
    milestone,
    outcomes,
    sender_of,
    wait_for,
)
from tests.services.running import ClockInTest, Engine, Running, running, until

OFFICE = "office@suzhou.example.invalid"
KUNSHAN = "kunshan@units.example.invalid"


async def test_a_notice_is_mailed_once_to_each_address_and_told_to_the_log(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest
) -> None:
    await notify.append(Topic.QUOTA, milestone("e1", clock()), milestone("e1", clock()))
    await wait_for(notify, {DeliveryState.SENT: 2})
    assert sorted(taken.address for taken in mail_server.taken) == [KUNSHAN, OFFICE]
    message = mail_server.taken[0].message
    assert "50%" in message["Subject"]
    assert "2024年6月1日 09:30" in message.get_content()
    assert await outcomes(notify, 2) == sorted((d.notice_id, "sent") for d in await deliveries(notify))
    ids = {f"<{d.notice_id}@example.invalid>" for d in await deliveries(notify)}
    assert {taken.message["Message-ID"] for taken in mail_server.taken} == ids


async def test_a_mail_put_off_is_tried_again_later(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest
) -> None:
    mail_server.to_rcpt.append("450 greylisted")
    mail_server.to_data.append("451 try later")
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await until(lambda: are_put_off(notify), "both were tried")
    assert {d.reason for d in await deliveries(notify)} == {
        "邮件服务器答复 450：greylisted",
        "邮件服务器答复 451：try later",
    }
    assert await sender_of(notify).send_due() == 0, "not before its time"
    clock.advance(timedelta(minutes=1))
    await wait_for(notify, {DeliveryState.SENT: 2})
    assert len(mail_server.taken) == 2
    assert {d.attempts_count for d in await deliveries(notify)} == {2}


async def test_a_mail_refused_for_good_is_given_up_and_told(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest
) -> None:
    mail_server.to_rcpt.append("550 no such user")
    before = counted()
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await wait_for(notify, {DeliveryState.SENT: 1, DeliveryState.FAILED: 1})
    assert Counter(kind for _, kind in await outcomes(notify, 2)) == {"sent": 1, "failed": 1}
    assert counted() - before == Counter(sent=1, failed=1)
    clock.advance(timedelta(days=2))
    assert await sender_of(notify).send_due() == 0
    assert len(mail_server.taken) == 1


@pytest.mark.parametrize("behaviour", [Behaviour.DROP, Behaviour.TAKE_AND_DROP])
async def test_a_mail_of_which_nobody_can_know_is_never_sent_again(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest, behaviour: Behaviour
) -> None:
    mail_server.to_data.append(behaviour)
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await wait_for(notify, {DeliveryState.SENT: 1, DeliveryState.UNCONFIRMED: 1})
    assert Counter(kind for _, kind in await outcomes(notify, 2)) == {"sent": 1, "failed": 1}
    taken = list(mail_server.taken)
    clock.advance(timedelta(days=2))
    assert await sender_of(notify).send_due() == 0
    assert mail_server.taken == taken
    assert len(taken) == (2 if behaviour is Behaviour.TAKE_AND_DROP else 1)
    shown = (await notify.ask("ops", "GET", "/notify/v1/mails?state=unconfirmed")).json()["mails"]
    assert ["没有得到邮件服务器的确认" in mail["reason"] for mail in shown] == [True]


async def test_a_mail_server_that_goes_away_and_comes_back_loses_nothing(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest
) -> None:
    await mail_server.stop()
    await notify.append(Topic.QUOTA, milestone("e1", clock()))

    async def is_told() -> bool:
        parts = (await notify.client.get("/readyz")).json()["components"]
        return any(p["name"] == "notify.sender" and "暂不可用" in p["detail"] for p in parts)

    await until(is_told, "readiness tells that the mail server is away")
    assert (await notify.client.get("/readyz")).status_code == 200, "all but mail goes on"
    assert {d.attempts_count for d in await deliveries(notify)} == {0}
    await mail_server.start()
    await wait_for(notify, {DeliveryState.SENT: 2})
    assert len(mail_server.taken) == 2


async def test_several_senders_at_once_send_each_mail_once(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest
) -> None:
    platform = notify.platform
    server = MailServer.at(mail_server.url, SENDER_ADDRESS)
    outbox = Outbox("notify", log=platform.log, store=platform.store, clock=clock)
    others = [
        MailSender(f"s{n}", server, log=platform.log, store=platform.store, outbox=outbox, clock=clock)
        for n in range(3)
    ]
    for sender in others:
        await sender.start()
    await notify.append(
        Topic.QUOTA, *(milestone(f"e{n}", clock(), line=line) for n, line in enumerate(LINES))
    )
    await wait_for(notify, {DeliveryState.SENT: 2 * len(LINES)})
    for sender in others:
        await sender.stop()
    by_id = Counter(taken.message["Message-ID"] for taken in mail_server.taken)
    assert set(by_id.values()) == {1}
    assert len(by_id) == 2 * len(LINES)
    assert len(await outcomes(notify, len(by_id))) == len(by_id)


async def test_an_address_that_can_not_be_is_given_up_without_asking_the_server(
    notify: Running, mail_server: MailServerInTest, clock: ClockInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = notify.platform.campaigns["suzhou-2024"].notices
    assert isinstance(notices.unit_addresses, dict)
    monkeypatch.setitem(notices.unit_addresses, "kunshan", ("坏@example.invalid",))
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await wait_for(notify, {DeliveryState.SENT: 1, DeliveryState.FAILED: 1})
    (failed,) = (d for d in await deliveries(notify) if d.state is DeliveryState.FAILED)
    assert "坏@example.invalid" in failed.reason


async def test_without_a_mail_server_notices_lie_in_the_inbox(
    engine: Engine, tmp_path: Path, clock: ClockInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAFANGTAN_SMTP_URL", raising=False)
    async with running(build, engine, tmp_path, clock) as notify:
        notify.be("off", "office")
        await notify.append(Topic.QUOTA, milestone("e1", clock()))

        async def is_there() -> bool:
            return len((await notify.ask("off", "GET", "/notify/v1/inbox")).json()["notices"]) == 1

        await until(is_there, "the notice is in the inbox")
        assert await deliveries(notify) == []


async def test_a_stop_waits_for_the_mail_in_hand(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    mail_server.answer_after = asyncio.Event()
    async with running(build, engine, tmp_path, clock) as notify:
        await notify.append(Topic.QUOTA, milestone("e1", clock()))
        await asyncio.wait_for(mail_server.is_asked.wait(), 30)
        asyncio.get_running_loop().call_later(0.2, mail_server.answer_after.set)
    async with running(build, engine, tmp_path, clock) as notify:
        await wait_for(notify, {DeliveryState.SENT: 2})
    assert len(mail_server.taken) == 2


async def are_put_off(notify: Running) -> bool:
    """Whether both mails were tried once and wait again."""
    stood = [(d.state, d.attempts_count) for d in await deliveries(notify)]
    return stood == [(DeliveryState.PENDING, 1)] * 2


def counted() -> Counter[str]:
    """The ends of attempts so far, by their state."""
    name = "dafangtan_notify_notices_total"
    return Counter(
        {state.value: int(REGISTRY.get_sample_value(name, {"state": state}) or 0) for state in NoticeState}
    )
