"""A second process that reads ahead where much is waiting: whatever becomes of it, every message is applied once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from shared.consuming import Ahead, Anew, Effects, Rejection, dead_letters
from shared.consuming.forerunner import Forerunner
from shared.consuming.forerunning import Gatherer, Part, Run
from shared.errors import RetryLater
from shared.log.port import LoggedMessage, Message, TopicPartition
from tests.shared.consuming.ending import assert_exact
from tests.shared.consuming.gates import GatedStore
from tests.shared.consuming.tally import SEEN, Amount, Tally, messages_of
from tests.shared.consuming.worlds import (
    Engine,
    Process,
    append,
    eventually,
    made,
    metric,
    running,
)

COUNT = 400
BAD = Message("k1", (), b"no event")


class Reads:
    """Reads as the tally does."""

    def read(self, message: LoggedMessage) -> Amount:
        return Tally().read(message)

    def gather(self, amounts: Sequence[Amount]) -> Sequence[Amount]:
        return amounts


class ReadsSlowly(Reads):
    """As a process that has much to do."""

    def read(self, message: LoggedMessage) -> Amount:
        time.sleep(0.005)
        return super().read(message)


class ReadsUntilItFalls(Reads):
    """As a program with a bug that shows late."""

    def __init__(self) -> None:
        self.left = iter(range(150))

    def read(self, message: LoggedMessage) -> Amount:
        next(self.left)
        return super().read(message)


def ahead(make_gatherer: Callable[[], Gatherer] = Reads) -> Ahead:
    return Ahead(make_gatherer, list[Amount], Tally().apply, at_least=30, from_messages=100)


@pytest.fixture
def forerun() -> Callable[[], float]:
    """How many messages were applied that a second process had read, since the test began."""
    before = metric("dafangtan_consumer_forerun_messages_total", consumer="tally.consumer")
    return lambda: metric("dafangtan_consumer_forerun_messages_total", consumer="tally.consumer") - before


class Watched(Forerunner):
    """Known to the test."""

    made: ClassVar[list[Watched]] = []

    async def start(self) -> None:
        await super().start()
        Watched.made.append(self)

    def send(self, what: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, what)

    @property
    def has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None


class PatientTally(Tally):
    """Goes on once a second process that was started is ready."""

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        await super().apply(amounts, effects)
        await eventually(lambda: all(each.has_answered for each in Watched.made))


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> list[Watched]:
    """The forerunners that were started."""
    monkeypatch.setattr("shared.consuming.runner.Forerunner", Watched)
    Watched.made = []
    return Watched.made


@asynccontextmanager
async def being_forerun(
    engine: Engine, forerun: Callable[[], float], **options: Any
) -> AsyncIterator[Process]:
    """A process in the midst of what a second one reads for it, slowly."""
    await append(engine, messages_of(range(COUNT)))
    slow = ahead(ReadsSlowly)
    async with running(engine, handler=PatientTally(), messages_at_once=20, ahead=slow, **options) as process:
        await eventually(lambda: forerun() > 0)
        yield process


@pytest.mark.timeout(300)
async def test_what_is_waiting_is_read_by_a_second_process(
    engine: Engine, forerun: Callable[[], float], watched: list[Watched]
) -> None:
    await append(engine, messages_of(range(COUNT)))
    async with running(engine, handler=PatientTally(), messages_at_once=20, ahead=ahead()) as process:
        await eventually(process.caught_up)
        assert forerun() > COUNT / 4
        await append(engine, messages_of(range(COUNT, COUNT + 30)))
        await eventually(process.caught_up)
        await eventually(lambda: watched[0].has_ended)
        assert len(watched) == 1
    await assert_exact(engine, range(COUNT + 30))


@pytest.mark.timeout(300)
async def test_little_is_read_without_one(embedded: Engine, watched: list[Watched]) -> None:
    await append(embedded, messages_of(range(99)))
    async with running(embedded, ahead=ahead()) as process:
        await eventually(process.caught_up)
    assert not watched
    await assert_exact(embedded, range(99))


@pytest.mark.timeout(300)
async def test_a_second_process_that_is_killed_is_done_without(
    engine: Engine, forerun: Callable[[], float], watched: list[Watched]
) -> None:
    async with being_forerun(engine, forerun) as process:
        watched[0].send(signal.SIGKILL)
        await eventually(process.caught_up)
        assert forerun() < COUNT / 2
    await assert_exact(engine, range(COUNT))


@pytest.mark.timeout(300)
async def test_a_second_process_that_stands_still_is_done_without(
    embedded: Engine, forerun: Callable[[], float], watched: list[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with being_forerun(embedded, forerun) as process:
        monkeypatch.setattr("shared.consuming.forerunner.PATIENCE_S", 1.0)
        watched[0].send(signal.SIGSTOP)
        await eventually(process.caught_up)
        assert watched[0].has_ended
    await assert_exact(embedded, range(COUNT))


async def test_what_cannot_be_understood_of_a_second_process_is_done_without(
    embedded: Engine, forerun: Callable[[], float]
) -> None:
    await append(embedded, messages_of(range(COUNT)))
    strange = Ahead(Reads, int, Tally().apply, at_least=30, from_messages=100)
    async with running(embedded, handler=PatientTally(), messages_at_once=20, ahead=strange) as process:
        await eventually(process.caught_up)
        assert not forerun()
    await assert_exact(embedded, range(COUNT))


@pytest.mark.timeout(300)
async def test_a_second_process_that_falls_over_is_done_without(
    embedded: Engine, forerun: Callable[[], float]
) -> None:
    await append(embedded, messages_of(range(COUNT)))
    falling = ahead(ReadsUntilItFalls)
    async with running(embedded, handler=PatientTally(), messages_at_once=20, ahead=falling) as process:
        await eventually(process.caught_up)
        assert 0 < forerun() <= 150
    await assert_exact(embedded, range(COUNT))


async def test_a_second_process_that_cannot_be_started_is_done_without(
    embedded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.consuming.forerunner.sys.executable", "/nowhere/python")
    await append(embedded, messages_of(range(COUNT)))
    async with running(embedded, ahead=ahead()) as process:
        await eventually(process.caught_up)
    await assert_exact(embedded, range(COUNT))


@pytest.mark.timeout(300)
async def test_what_a_second_process_cannot_read_goes_to_the_dead_letters(
    engine: Engine, forerun: Callable[[], float]
) -> None:
    messages = messages_of(range(COUNT))
    await append(engine, [*messages[:300], BAD, *messages[300:]])
    async with running(engine, handler=PatientTally(), messages_at_once=20, ahead=ahead()) as process:
        await eventually(process.caught_up)
        assert forerun() > COUNT / 4
        letters = [letter async for letter in dead_letters.waiting(process.store, "tally")]
    assert [letter.message.value for letter in letters] == [BAD.value]
    await assert_exact(engine, range(COUNT))


@pytest.mark.timeout(300)
async def test_whoever_stops_in_the_midst_of_it_leaves_nothing_behind_and_nothing_out(
    engine: Engine, forerun: Callable[[], float], watched: list[Watched]
) -> None:
    async with being_forerun(engine, forerun) as process:
        await process.runner.stop()
        assert watched[0].has_ended
        assert await process.store.count(SEEN) < COUNT
    async with running(engine) as process:
        await eventually(process.caught_up)
    await assert_exact(engine, range(COUNT), may_repeat=True)


@pytest.mark.timeout(300)
async def test_a_part_that_another_has_applied_meanwhile_is_left_aside(
    engine: Engine, forerun: Callable[[], float]
) -> None:
    gated: list[GatedStore] = []

    def wrapped(store: Any) -> GatedStore:
        gated.append(GatedStore(store))
        return gated[0]

    async with being_forerun(engine, forerun, wrapped=wrapped) as process:
        gated[0].is_open.clear()
        await eventually(lambda: gated[0].waiting)
        before = await process.store.count(SEEN)
        async with running(engine) as other:
            await eventually(lambda: _has_more_than(before, other.store))
            if engine.is_embedded:  # another process has all partitions of an embedded log
                await eventually(other.caught_up)
            gated[0].is_open.set()
            await eventually(process.caught_up)
    await assert_exact(engine, range(COUNT), may_repeat=True)


async def _has_more_than(count: int, store: Any) -> bool:
    return await store.count(SEEN) > count


@pytest.mark.timeout(300)
async def test_a_store_that_is_away_is_waited_for(engine: Engine, forerun: Callable[[], float]) -> None:
    gated: list[GatedStore] = []

    def wrapped(store: Any) -> GatedStore:
        gated.append(GatedStore(store))
        return gated[0]

    def be_away() -> None:
        raise RetryLater("away in this test")

    async with being_forerun(engine, forerun, wrapped=wrapped) as process:
        gated[0].on_begin = be_away
        await eventually(lambda: process.runner.health().detail == "away in this test")
        gated[0].on_begin = lambda: None
        await eventually(process.caught_up)
        assert process.runner.health().is_ready
    await assert_exact(engine, range(COUNT))


@pytest.mark.timeout(300)
async def test_a_rebuild_is_read_by_a_second_process_too(engine: Engine, watched: list[Watched]) -> None:
    await append(engine, messages_of(range(COUNT)))
    async with running(engine) as process:
        await eventually(process.caught_up)
    for make_gatherer in (Reads, ReadsUntilItFalls):
        process = await made(engine, ahead=ahead(make_gatherer))
        fold = Anew(process.runner, process.log, process.store)
        await fold.prepare()
        async with process.store.transaction() as transaction:
            replaced = await fold.put_in_place(transaction)
        assert replaced.stood == replaced.stands
        assert replaced.event_count == COUNT
        await process.store.close()
        await process.log.close()
    assert len(watched) == 2
    assert all(each.has_ended for each in watched)


def test_a_part_says_where_it_begins_and_ends() -> None:
    rejection = Rejection(TopicPartition("t", 1), LoggedMessage(4, "k", (), b"?"), "no event")
    part: Part[Any] = Part([Run("t", 0, 3, 9, 5), Run("t", 1, 0, 5, 5)], [], [rejection])
    zero, one = TopicPartition("t", 0), TopicPartition("t", 1)
    assert part.first_offsets == {zero: 3, one: 0}
    assert part.next_offsets == {zero: 9, one: 5}
    assert part.message_count == 10
