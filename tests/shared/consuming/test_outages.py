"""A store or a log that goes away and comes back: health says so meanwhile, and nothing is skipped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from shared.consuming import Effects
from shared.consuming.positions import positions_of
from shared.errors import RetryLater
from shared.events import to_message
from shared.store.port import Store, TransactionConflict
from tests.shared.consuming.ending import assert_exact, books
from tests.shared.consuming.gates import GatedLog, GatedStore
from tests.shared.consuming.tally import HEARD, SEEN, Amount, Tally, event_of, messages_of
from tests.shared.consuming.test_revocation import WaitingTally
from tests.shared.consuming.worlds import Engine, append, eventually, metric, patiently, running


class HaltingTally(Tally):
    """Applies one batch, and the others only when it may go on."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self._batch_count = 0

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        self._batch_count += 1
        if self._batch_count > 1:
            await self.may_go_on.wait()
        await super().apply(amounts, effects)


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def servers(own_servers: Engine) -> Engine:
    """They are killed."""
    return own_servers


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[None]:
    """Another process writes to the SQLite file of ``url`` all the time."""
    path = url.removeprefix("sqlite:///")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"locked\n"
    try:
        yield
    finally:
        await process.communicate(b"")


@asynccontextmanager
async def store_away(engine: Engine) -> AsyncIterator[None]:
    if engine.mongo is None:
        async with locked(engine.store_url):
            yield
        return
    await asyncio.to_thread(engine.mongo.kill)
    yield
    await asyncio.to_thread(engine.mongo.start)


@asynccontextmanager
async def log_away(engine: Engine) -> AsyncIterator[None]:
    if engine.kafka is None:
        async with locked(engine.log_url):
            yield
        return
    await asyncio.to_thread(engine.kafka.kill)
    yield
    await asyncio.to_thread(engine.kafka.start)


@pytest.mark.timeout(300)
async def test_a_store_that_goes_away_and_comes_back(engine: Engine) -> None:
    async with running(engine) as process:
        await append(engine, messages_of(range(50)))
        await eventually(process.caught_up)
        async with store_away(engine):
            await append(engine, messages_of(range(50, 150)))
            await eventually(lambda: not process.runner.health().is_ready)
            assert process.runner.health().detail
            assert metric("dafangtan_consumer_waiting_flag", consumer="tally.consumer") == 1
        await eventually(lambda: process.runner.health().is_ready)
        await eventually(lambda: patiently(process.caught_up))
        assert metric("dafangtan_consumer_waiting_flag", consumer="tally.consumer") == 0
    await assert_exact(engine, range(150))


@pytest.mark.timeout(300)
async def test_one_that_has_nothing_to_do_notices_too_that_the_store_is_away(servers: Engine) -> None:
    async with running(servers) as process:
        await eventually(process.caught_up)
        async with store_away(servers):
            await eventually(lambda: not process.runner.health().is_ready)
        await eventually(lambda: process.runner.health().is_ready)


@pytest.mark.timeout(300)
async def test_a_log_that_goes_away_and_comes_back(engine: Engine) -> None:
    await append(engine, messages_of(range(200)))
    handler = HaltingTally()
    async with running(engine, handler=handler, messages_at_once=5) as process:
        await eventually(lambda: process.store.count(SEEN))
        if not engine.is_embedded:
            handler.may_go_on.set()  # it is killed in the midst of the work
        async with log_away(engine):
            handler.may_go_on.set()
            if engine.is_embedded:  # a locked SQLite file can still be read, so there is more to tell
                await eventually(lambda: process.outbox.health().detail)
            else:
                await eventually(lambda: not process.runner.health().is_ready)
        await append(engine, messages_of(range(200, 250)))
        await eventually(lambda: patiently(process.caught_up))
        assert process.runner.health().is_ready
        await eventually(lambda: not process.outbox.health().detail)
    await assert_exact(engine, range(250), may_repeat=True)


class Refusals:
    """Raises ``error`` as many times as it is told to."""

    def __init__(self, error: RetryLater, times: int) -> None:
        self.error = error
        self.times_left = times

    def __call__(self) -> None:
        """Fail, or not any more."""
        if self.times_left:
            self.times_left -= 1
            raise self.error


async def test_messages_that_are_lost_on_the_way_while_others_are_applied_come_again(
    embedded: Engine,
) -> None:
    polls = count()

    def lose_every_second() -> None:
        if next(polls) % 2:
            raise RetryLater("the answer is lost in this test")

    await append(embedded, messages_of(range(200)))
    log = GatedLog(await embedded.log())
    log.after_poll = lose_every_second
    async with running(embedded, log=log, messages_at_once=5) as process:
        await eventually(process.caught_up)
    await log.close()
    await assert_exact(embedded, range(200))


async def test_a_commit_that_stands_though_its_answer_is_lost_is_not_repeated(embedded: Engine) -> None:
    def wrapped(store: Store) -> GatedStore:
        gated = GatedStore(store)
        gated.after_commit = Refusals(RetryLater("the answer is lost in this test"), 4)
        return gated

    await append(embedded, messages_of(range(100)))
    async with running(embedded, wrapped=wrapped, messages_at_once=10) as process:
        await eventually(process.caught_up, within_s=4)  # the relay is woken, though nobody knew to wake it
        await eventually(lambda: process.runner.health().is_ready)
    await assert_exact(embedded, range(100))


async def test_a_conflict_is_told_only_when_it_does_not_pass(embedded: Engine) -> None:
    refusals = Refusals(TransactionConflict("a conflict in this test"), 2)
    healths: list[bool] = []

    def wrapped(store: Store) -> GatedStore:
        gated = GatedStore(store)
        gated.on_begin = refusals
        return gated

    async with running(embedded, wrapped=wrapped) as process:
        await eventually(process.caught_up)
        await append(embedded, messages_of(range(10)))
        await eventually(lambda: healths.append(process.runner.health().is_ready) or not refusals.times_left)
        assert all(healths)
        await eventually(process.caught_up)
        refusals.times_left = 1_000_000
        await append(embedded, messages_of(range(10, 20)))
        await eventually(lambda: process.runner.health().detail == "a conflict in this test")
        refusals.times_left = 0
        await eventually(process.caught_up)
    await assert_exact(embedded, range(20))


async def test_a_batch_survives_that_the_lag_cannot_be_measured(embedded: Engine) -> None:
    log = GatedLog(await embedded.log())
    async with running(embedded, log=log) as process:
        await append(embedded, messages_of(range(10)))
        await eventually(process.caught_up)
        log.away = {"lag"}
        measured = log.calls.count("lag")
        for n in range(10, 10_000):
            await append(embedded, messages_of([n]))
            if log.calls.count("lag") > measured + 1:
                break
        log.away = set()
        await eventually(process.caught_up)
    await log.close()
    await assert_exact(embedded, range(n + 1))


async def test_waits_grow_while_the_log_stays_away(embedded: Engine) -> None:
    log = GatedLog(await embedded.log())
    async with running(embedded, log=log) as process:
        await eventually(process.caught_up)
        log.away = {"poll"}
        polls = log.calls.count("poll")
        await eventually(lambda: not process.runner.health().is_ready)
        await eventually(lambda: log.calls.count("poll") >= polls + 6)
        times_s = [at_s for name, at_s in zip(log.calls, log.called_at_s, strict=True) if name == "poll"]
        assert times_s[-1] - times_s[-2] > 0.3
        await append(embedded, messages_of(range(20)))
        log.away = set()
        await eventually(lambda: process.runner.health().is_ready)
        await eventually(process.caught_up)
    await log.close()
    await assert_exact(embedded, range(20))


async def test_stopping_does_not_wait_for_what_is_away(embedded: Engine) -> None:
    await append(embedded, messages_of(range(10)))
    async with running(embedded, handler=WaitingTally()) as process:
        await eventually(lambda: not process.runner.health().is_ready)
        await asyncio.wait_for(process.runner.stop(), 2)
        assert process.runner.crashed is None
    async with running(embedded) as process:
        await eventually(process.caught_up)
    await assert_exact(embedded, range(10))


async def test_the_lag_is_told_also_while_the_store_is_away(embedded: Engine) -> None:
    def lag() -> float:
        return metric("dafangtan_consumer_lag_messages", consumer="tally.consumer", topic=HEARD)

    await append(embedded, messages_of(range(10)))
    handler = WaitingTally()
    async with running(embedded, handler=handler, messages_at_once=10) as process:
        await eventually(lambda: not process.runner.health().is_ready)
        await append(embedded, messages_of(range(10, 100)))
        await eventually(lambda: lag() == 90)
        handler.is_away = False
        await eventually(process.caught_up)
    assert lag() == 0


async def test_a_log_shorter_than_what_was_applied_is_told_and_not_read(
    embedded: Engine, tmp_path: Path
) -> None:
    async with running(embedded) as process:
        await append(embedded, messages_of(range(50)))
        await eventually(process.caught_up)
    other = Engine(f"sqlite:///{tmp_path}/other-log.db", embedded.store_url)
    await append(other, messages_of(range(50, 60)))
    async with running(other) as process:
        await eventually(lambda: "日志与存储不是同一套" in process.runner.health().detail)
        assert await process.store.count(SEEN) == 50
        async with process.store.transaction() as transaction:
            for collection in (*process.runner.folded, positions_of(process.runner.reads_as)):
                await transaction.clear(collection)
        await eventually(process.caught_up)
        assert await process.store.count(SEEN) == 10


async def test_a_hole_in_the_log_is_crossed_once_it_is_sure(embedded: Engine) -> None:
    log = GatedLog(await embedded.log())
    log.is_lost = lambda message: 2 <= message.offset < 4  # as in a log that others write transactions to
    await append(embedded, [to_message(event_of(n, keys=1)) for n in range(10)])
    async with running(embedded, log=log, messages_at_once=2) as process:
        await eventually(process.caught_up)
        assert {f"e{n}" for n in (0, 1, 4, 5, 6, 7, 8, 9)} == (await books(embedded)).seen.keys()
    await log.close()
