"""Processes of notify that are killed with kill -9: no mail goes out twice, and none is forgotten."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.notify.app import build
from services.notify.model import CLAIM_HOLDS_FOR, DeliveryState
from shared.events import Topic, to_message
from shared.log import open_log
from tests.services.notify.mail_server import MailServerInTest
from tests.services.notify.telling import LINES, deliveries, milestone, outcomes, wait_for
from tests.services.running import ClockInTest, Engine, running, until

WITHIN_S = 120.0
"""MongoDB frees what a killed process had locked in a transaction after a minute at the latest."""


@asynccontextmanager
async def child(engine: Engine, folder: Path, now: datetime) -> AsyncIterator[None]:
    """A process of notify; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.services.notify.child"),
        *(engine.log_url, engine.store_url, engine.topic_prefix, str(folder), now.isoformat()),
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def tell(engine: Engine, now: datetime, *, per_line: int, lines: tuple[str, ...]) -> int:
    """Put milestones into the log; returns how many mails that makes."""
    log = open_log(engine.log_url, topic_prefix=engine.topic_prefix)
    await log.open(list(Topic), partition_count=2)
    events = [milestone(f"{line}-{n}", now, line=line, percent=n) for line in lines for n in range(per_line)]
    await log.append(Topic.QUOTA, [to_message(event) for event in events])
    await log.close()
    return 2 * len(events)


@pytest.mark.timeout(400)
async def test_a_mail_in_hand_when_the_process_dies_ends_as_unconfirmed(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    await tell(engine, clock(), per_line=1, lines=LINES[:1])
    mail_server.answer_after = asyncio.Event()
    async with child(engine, tmp_path, clock()):
        await asyncio.wait_for(mail_server.is_asked.wait(), 60)
    mail_server.answer_after.set()
    clock.advance(CLAIM_HOLDS_FOR)
    async with running(build, engine, tmp_path, clock) as notify:
        over = {DeliveryState.UNCONFIRMED: 1, DeliveryState.SENT: 1}
        await wait_for(notify, over, within_s=WITHIN_S)
        assert Counter(kind for _, kind in await outcomes(notify, 2)) == {"sent": 1, "failed": 1}
    assert sent_how_often(mail_server) == {1}


@pytest.mark.timeout(400)
async def test_whenever_the_process_dies_each_mail_goes_out_at_most_once(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest, mail_server: MailServerInTest
) -> None:
    count = await tell(engine, clock(), per_line=3, lines=LINES)
    kills_at = (1, 9, 17, 30) if engine.is_embedded else (9,)
    for taken_count in kills_at:
        async with child(engine, tmp_path, clock()):
            await wait_for_mails(mail_server, taken_count)
        clock.advance(CLAIM_HOLDS_FOR + timedelta(minutes=1))
    async with running(build, engine, tmp_path, clock) as notify:

        async def is_over() -> bool:
            found = [delivery.state for delivery in await deliveries(notify)]
            return len(found) == count and not {DeliveryState.PENDING, DeliveryState.SENDING} & set(found)

        await until(is_over, "all deliveries are over", within_s=WITHIN_S)
        stood = await deliveries(notify)
        told = set(await outcomes(notify, count))  # a killed relay may tell the same again, under the same id
        assert sorted(id for id, _ in told) == sorted(delivery.notice_id for delivery in stood)
    assert sent_how_often(mail_server) == {1}
    states = Counter(delivery.state for delivery in stood)
    assert set(states) <= {DeliveryState.SENT, DeliveryState.UNCONFIRMED}
    assert states[DeliveryState.UNCONFIRMED] <= len(kills_at)
    taken = {str(mail.message["Message-ID"]).strip("<").partition("@")[0] for mail in mail_server.taken}
    assert {d.notice_id for d in stood if d.state is DeliveryState.SENT} <= taken


async def wait_for_mails(mail_server: MailServerInTest, count: int) -> None:
    """Wait until the server took that many."""

    async def are_there() -> bool:
        return len(mail_server.taken) >= count

    await until(are_there, f"{count} mails", within_s=WITHIN_S)


def sent_how_often(mail_server: MailServerInTest) -> set[int]:
    """How often the server took each mail."""
    return set(Counter(taken.message["Message-ID"] for taken in mail_server.taken).values())
