"""Claiming and settling, where senders die, wake up late, or lose the store in between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.notify import store as documents
from services.notify.claims import Claims
from services.notify.model import CLAIM_HOLDS_FOR, Delivery, DeliveryAction, DeliveryState
from services.notify.smtp import Answer
from services.notify.store import delivery_body, delivery_of
from shared.consuming import Outbox
from shared.events import Topic
from shared.log import open_log
from shared.store import open_store
from shared.store.port import Store
from tests.services.running import ClockInTest, until

ACCEPTED = Answer(DeliveryAction.ACCEPT)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    yield opened
    await opened.close()


@pytest.fixture
async def outbox(tmp_path: Path, store: Store, clock: ClockInTest) -> AsyncIterator[Outbox]:
    log = open_log(f"sqlite:///{tmp_path}/log.db", topic_prefix="")
    await log.open([Topic.NOTICES], partition_count=1)
    box = Outbox("notify", log=log, store=store, clock=clock)
    await store.open([documents.DELIVERIES, box.collection])
    yield box
    await log.close()


def claims(by: str, store: Store, outbox: Outbox, clock: ClockInTest) -> Claims:
    return Claims(by, store=store, outbox=outbox, clock=clock, stopping=asyncio.Event())


async def pending(store: Store, at: datetime) -> Delivery:
    delivery = Delivery("n1", "e1", due_at=at)
    async with store.transaction() as transaction:
        await transaction.insert(documents.DELIVERIES, "n1", delivery_body(delivery))
    return delivery


async def standing(store: Store) -> Delivery:
    document = await store.get(documents.DELIVERIES, "n1")
    assert document is not None
    return delivery_of(document)


async def told(store: Store, outbox: Outbox) -> list[str]:
    """The types of the events that wait for the log."""
    page = await store.find(outbox.collection, {})
    return sorted(dict(document.body["headers"])["ce_type"].split(".")[2] for document in page.documents)


async def test_of_many_that_claim_at_once_one_has_it(
    store: Store, outbox: Outbox, clock: ClockInTest
) -> None:
    delivery = await pending(store, clock())
    senders = [claims(f"s{n}", store, outbox, clock) for n in range(10)]
    claimed = await asyncio.gather(*(sender.claim(delivery) for sender in senders))
    (won,) = (each for each in claimed if each is not None)
    assert await standing(store) == won
    assert await told(store, outbox) == []


async def test_a_claim_that_stood_though_nobody_said_so_is_still_ones_own(
    store: Store, outbox: Outbox, clock: ClockInTest
) -> None:
    delivery = await pending(store, clock())
    sender = claims("s1", store, outbox, clock)
    assert await sender.claim(delivery) == await sender.claim(delivery) == await standing(store)
    assert (await standing(store)).attempts_count == 1


async def test_settling_again_changes_and_tells_nothing(
    store: Store, outbox: Outbox, clock: ClockInTest
) -> None:
    sender = claims("s1", store, outbox, clock)
    claimed = await sender.claim(await pending(store, clock()))
    assert claimed is not None
    assert await sender.settle(claimed, ACCEPTED)
    assert await sender.settle(claimed, ACCEPTED)
    assert (await standing(store)).state is DeliveryState.SENT
    assert await told(store, outbox) == ["sent"]


async def test_what_a_dead_sender_had_in_hand_ends_as_unconfirmed(
    store: Store, outbox: Outbox, clock: ClockInTest
) -> None:
    dead, living = (claims(by, store, outbox, clock) for by in ("dead", "living"))
    delivery = await pending(store, clock())
    assert await dead.claim(delivery) is not None
    clock.advance(CLAIM_HOLDS_FOR - timedelta(seconds=1))
    await living.lose_those_of_the_dead()
    assert (await standing(store)).state is DeliveryState.SENDING, "it may be at it still"
    clock.advance(timedelta(seconds=1))
    await living.lose_those_of_the_dead()
    assert (await standing(store)).state is DeliveryState.UNCONFIRMED
    assert "无法确认" in (await standing(store)).reason
    assert await living.claim(delivery) is None
    assert await living.due(limit=10) == []
    assert await told(store, outbox) == ["failed"]


@pytest.mark.parametrize(
    ("answer", "state", "is_news", "events"),
    [
        (ACCEPTED, DeliveryState.SENT, True, ["failed", "sent"]),
        (Answer(DeliveryAction.REFUSE, "550"), DeliveryState.FAILED, True, ["failed", "failed"]),
        (Answer(DeliveryAction.DEFER, "450"), DeliveryState.UNCONFIRMED, False, ["failed"]),
        (Answer(DeliveryAction.LOSE, "gone"), DeliveryState.UNCONFIRMED, False, ["failed"]),
    ],
)
async def test_a_sender_thought_dead_may_still_bring_the_truth(
    store: Store,
    outbox: Outbox,
    clock: ClockInTest,
    answer: Answer,
    state: DeliveryState,
    is_news: bool,
    events: list[str],
) -> None:
    slow, other = (claims(by, store, outbox, clock) for by in ("slow", "other"))
    claimed = await slow.claim(await pending(store, clock()))
    assert claimed is not None
    clock.advance(CLAIM_HOLDS_FOR)
    await other.lose_those_of_the_dead()
    clock.advance(timedelta(seconds=1))
    assert await slow.settle(claimed, answer) is is_news
    assert (await standing(store)).state is state
    assert await told(store, outbox) == events


async def test_an_old_claim_does_not_settle_a_newer_one(
    store: Store, outbox: Outbox, clock: ClockInTest
) -> None:
    one, other = (claims(by, store, outbox, clock) for by in ("one", "other"))
    delivery = await pending(store, clock())
    old = await one.claim(delivery)
    assert old is not None
    assert await one.settle(old, Answer(DeliveryAction.DEFER, "450"))
    clock.advance(timedelta(minutes=2))
    new = await other.claim(await standing(store))
    assert new is not None
    clock.advance(timedelta(seconds=1))
    assert not await one.settle(old, ACCEPTED)
    assert await standing(store) == new


async def test_the_answer_of_the_mail_server_outlasts_a_store_that_is_away(
    store: Store,
    outbox: Outbox,
    clock: ClockInTest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def is_store_away() -> bool:
        return "store-away" in caplog.text

    sender = claims("s1", store, outbox, clock)
    claimed = await sender.claim(await pending(store, clock()))
    assert claimed is not None
    with sqlite3.connect(tmp_path / "store.db", isolation_level=None) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        settling = asyncio.create_task(sender.settle(claimed, ACCEPTED))
        await until(is_store_away, "the store can't be written")
        intruder.execute("COMMIT")
    assert await asyncio.wait_for(settling, 30)
    assert (await standing(store)).state is DeliveryState.SENT
    assert await told(store, outbox) == ["sent"]
