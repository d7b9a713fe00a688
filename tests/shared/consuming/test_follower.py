"""A follower keeps its fold in memory, whole, and says when it isn't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from shared.consuming import Follower, Rejection, dead_letters
from shared.errors import RejectEvent
from shared.log.port import Batch
from shared.real_time import system_clock
from tests.shared.consuming.gates import GatedLog
from tests.shared.consuming.tally import HEARD, Tally, messages_of
from tests.shared.consuming.test_outages import log_away, store_away
from tests.shared.consuming.test_rejection import NO_HEADERS, NO_JSON
from tests.shared.consuming.worlds import Engine, append, eventually, metric, patiently


@pytest.fixture
def servers(own_servers: Engine) -> Engine:
    """They are killed."""
    return own_servers


class MemoryTally:
    """What was seen, by id, and in which order each key came."""

    name = "memory"
    topics = (HEARD,)

    def __init__(self) -> None:
        self.amounts: dict[str, int] = {}
        self.orders: dict[str, list[int]] = {}

    def apply(self, batch: Batch) -> list[Rejection]:
        rejections = []
        for partition, messages in batch.items():
            for message in messages:
                try:
                    amount = Tally().read(message)
                except RejectEvent as error:
                    rejections.append(Rejection(partition, message, str(error)))
                    continue
                if amount.id not in self.amounts:
                    self.orders.setdefault(amount.key, []).append(amount.amount)
                self.amounts[amount.id] = amount.amount
        return rejections


class BuggyTally(MemoryTally):
    """Has a bug that every event meets."""

    def apply(self, batch: Batch) -> list[Rejection]:
        raise ValueError("a bug in this test")


@asynccontextmanager
async def following(
    engine: Engine, fold: MemoryTally, *, log: Any = None, is_started: bool = True
) -> AsyncIterator[Any]:
    own = log or await engine.log()
    store = await engine.store()
    follower = Follower(fold, log=own, store=store, clock=system_clock)
    await store.open(follower.collections)
    if is_started:
        await follower.start()
    try:
        yield follower
    finally:
        await follower.stop()
        await store.close()
        if log is None:
            await own.close()


def assert_whole(fold: MemoryTally, count: int) -> None:
    assert fold.amounts == {f"e{n}": n for n in range(count)}
    assert all(order == sorted(order) for order in fold.orders.values())


async def letters_of(engine: Engine) -> list[dead_letters.DeadLetter]:
    store = await engine.store()
    await store.open([dead_letters.dead_letters_of("memory")])
    letters = [letter async for letter in dead_letters.waiting(store, "memory")]
    await store.close()
    return letters


async def test_it_reads_everything_from_the_start_and_goes_on(engine: Engine) -> None:
    await append(engine, messages_of(range(100)))
    fold = MemoryTally()
    async with following(engine, fold) as follower:
        await eventually(follower.caught_up)
        await append(engine, messages_of(range(100, 150)))
        await eventually(follower.caught_up)
        assert_whole(fold, 150)
        assert sum(follower.next_offsets.values()) == 150


async def test_a_restart_reads_everything_again_each_process_for_itself(engine: Engine) -> None:
    await append(engine, messages_of(range(100)))
    for _ in range(2):
        one, other = MemoryTally(), MemoryTally()
        async with following(engine, one) as first, following(engine, other) as second:
            await eventually(first.caught_up)
            await eventually(second.caught_up)
        assert_whole(one, 100)
        assert_whole(other, 100)


async def test_the_same_events_again_change_nothing(engine: Engine) -> None:
    await append(engine, [*messages_of(range(50)), *messages_of(range(50))])
    fold = MemoryTally()
    async with following(engine, fold) as follower:
        await eventually(follower.caught_up)
    assert_whole(fold, 50)


async def test_what_cannot_be_read_is_a_dead_letter_once_however_many_read_it(engine: Engine) -> None:
    good = messages_of(range(20))
    await append(engine, [*good[:10], NO_HEADERS, NO_JSON, *good[10:]])
    for _ in range(2):
        fold = MemoryTally()
        async with following(engine, fold) as follower:
            await eventually(follower.caught_up)
        assert_whole(fold, 20)
    assert {letter.message for letter in await letters_of(engine)} == {NO_HEADERS, NO_JSON}


async def test_it_is_ready_only_when_it_has_reached_the_end_once(embedded: Engine) -> None:
    await append(embedded, messages_of(range(20)))
    log = GatedLog(await embedded.log())
    log.away = {"ends"}
    fold = MemoryTally()
    async with following(embedded, fold, log=log) as follower:
        await eventually(
            lambda: not follower.health().is_ready and follower.health().detail == "ends: away in this test"
        )
        log.away = set()
        await eventually(lambda: follower.health().is_ready)
        assert_whole(fold, 20)
        assert follower.crashed is None
    await log.close()


async def test_while_it_reads_for_the_first_time_it_says_so(embedded: Engine) -> None:
    details: list[str] = []

    class Asking(MemoryTally):
        def apply(self, batch: Batch) -> list[Rejection]:
            details.append(follower.health().detail)
            return super().apply(batch)

    await append(embedded, messages_of(range(20)))
    async with following(embedded, Asking()) as follower:
        await eventually(lambda: follower.health().is_ready)
        await append(embedded, messages_of(range(20, 21)))
        await eventually(follower.caught_up)
    assert details[0] == "正在从事件日志重建，尚未完成"
    assert details[-1] == ""


async def test_before_its_start_it_is_not_ready(embedded: Engine) -> None:
    async with following(embedded, MemoryTally(), is_started=False) as follower:
        assert not follower.health().is_ready


async def test_an_empty_log_is_read_to_its_end(engine: Engine) -> None:
    async with following(engine, MemoryTally()) as follower:
        await eventually(lambda: follower.health().is_ready)


@pytest.mark.timeout(300)
async def test_a_log_that_goes_away_and_comes_back(servers: Engine) -> None:
    await append(servers, messages_of(range(50)))
    fold = MemoryTally()
    async with following(servers, fold) as follower:
        await eventually(lambda: follower.health().is_ready)
        async with log_away(servers):
            await eventually(lambda: not follower.health().is_ready)
        await append(servers, messages_of(range(50, 100)))
        await eventually(lambda: patiently(follower.caught_up))
        await eventually(lambda: follower.health().is_ready)
    assert_whole(fold, 100)


async def test_a_poll_that_fails_for_a_while_loses_nothing(embedded: Engine) -> None:
    log = GatedLog(await embedded.log())
    fold = MemoryTally()
    async with following(embedded, fold, log=log) as follower:
        await eventually(lambda: follower.health().is_ready)
        log.away = {"poll", "lag", "ends"}
        await eventually(lambda: not follower.health().is_ready)
        await append(embedded, messages_of(range(50)))
        log.away = set()
        await eventually(lambda: follower.health().is_ready)
        await eventually(follower.caught_up)
    await log.close()
    assert_whole(fold, 50)


@pytest.mark.timeout(300)
async def test_dead_letters_wait_for_a_store_that_is_away(engine: Engine) -> None:
    fold = MemoryTally()
    rejected = metric("dafangtan_consumer_rejected_messages_total", consumer="memory.follower")
    async with following(engine, fold) as follower:
        await eventually(lambda: follower.health().is_ready)
        async with store_away(engine):
            await append(engine, [*messages_of(range(10)), NO_JSON])
            await eventually(lambda: not follower.health().is_ready)
        await append(engine, messages_of(range(10, 20)))
        await eventually(lambda: follower.health().is_ready)
        await eventually(follower.caught_up)
    assert_whole(fold, 20)
    assert [letter.message for letter in await letters_of(engine)] == [NO_JSON]
    assert metric("dafangtan_consumer_rejected_messages_total", consumer="memory.follower") == rejected + 1


async def test_a_bug_stops_it_loudly(embedded: Engine) -> None:
    await append(embedded, messages_of(range(1)))
    async with following(embedded, BuggyTally()) as follower:
        await eventually(lambda: follower.crashed)
        assert isinstance(follower.crashed, ValueError)
        assert not follower.health().is_ready
        await asyncio.wait_for(follower.stop(), 2)
