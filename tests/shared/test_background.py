"""Work in the background ends as it was told to, or its crash is told."""

from __future__ import annotations

import asyncio

import pytest

from shared.background import Background, BackgroundComponent, FinishingComponent
from shared.platform import Component


async def fails() -> None:
    raise ValueError("about 13912345678")


async def works_for_ever() -> None:
    await asyncio.Event().wait()


async def is_cancelled_from_within() -> None:
    inner = asyncio.create_task(works_for_ever())
    inner.cancel()
    await inner


async def test_a_crash_is_kept_and_told_without_its_words() -> None:
    background = Background("test.part")
    background.start(fails)
    await background.finish()
    assert isinstance(background.crashed, ValueError)
    assert not background.health().is_ready
    assert "ValueError" in background.health("away").detail
    assert "139" not in background.health().detail


async def test_a_cancellation_that_was_asked_for_is_no_crash() -> None:
    background = Background("test.part")
    background.start(works_for_ever)
    await background.cancel()
    assert background.crashed is None
    assert background.health().is_ready


async def test_a_cancellation_that_nobody_asked_for_is_a_crash() -> None:
    background = Background("test.part")
    background.start(is_cancelled_from_within)
    await background.finish()
    assert isinstance(background.crashed, RuntimeError)
    assert not background.health().is_ready


async def test_work_that_waits_is_not_ready_and_says_for_what() -> None:
    background = Background("test.part")
    assert background.health().is_ready
    assert background.health("存储").detail == "存储"
    assert not background.health("存储").is_ready


LONG_S = 3600.0


class Looking(BackgroundComponent):
    """Counts its looks; each waits for a store that is away."""

    name = "test.looking"

    def __init__(self) -> None:
        super().__init__()
        self.looks_count = 0
        self.has_looked = asyncio.Event()

    async def _run(self) -> None:
        while True:
            self.looks_count += 1
            self._waiting_for = "存储不在"
            self.has_looked.set()
            await self._pause(LONG_S)


class Failing(FinishingComponent):
    """A bug."""

    name = "test.failing"

    async def _run(self) -> None:
        self._waiting_for = "存储不在"
        raise ValueError("about 13912345678")


class Sending(FinishingComponent):
    """Has one thing in hand, until it may let go."""

    name = "test.sending"

    def __init__(self, *, within_s: float | None) -> None:
        super().__init__()
        self.stop_within_s = within_s
        self.is_in_hand = asyncio.Event()
        self.may_let_go = asyncio.Event()
        self.has_finished = False

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self.is_in_hand.set()
            await self.may_let_go.wait()
            self.has_finished = True
            await self._pause(LONG_S)


async def test_a_component_looks_again_when_it_is_woken_and_ends_where_it_waits() -> None:
    looking = Looking()
    component: Component = looking
    await component.start()
    await looking.has_looked.wait()
    looking.has_looked.clear()
    looking.wake()
    await looking.has_looked.wait()
    await component.stop()
    await component.stop()
    assert looking.looks_count == 2
    assert component.crashed is None


async def test_what_came_while_it_was_at_work_is_looked_at_once_more() -> None:
    looking = Looking()
    looking.wake()
    await looking.start()
    while looking.looks_count < 2:
        await looking.has_looked.wait()
        looking.has_looked.clear()
    await looking.stop()
    assert looking.looks_count == 2


async def test_a_component_that_waits_is_ready_and_says_for_what() -> None:
    looking = Looking()
    assert (looking.health().is_ready, looking.health().detail) == (True, "")
    await looking.start()
    await looking.has_looked.wait()
    assert (looking.health().is_ready, looking.health().detail) == (True, "存储不在")
    await looking.stop()


async def test_a_component_that_crashed_says_so_and_not_what_it_waited_for() -> None:
    failing = Failing()
    await failing.start()
    await failing.stop()
    assert isinstance(failing.crashed, ValueError)
    assert not failing.health().is_ready
    assert "ValueError" in failing.health().detail


@pytest.mark.parametrize("within_s", [None, LONG_S])
async def test_what_is_in_hand_is_finished_before_the_stop(within_s: float | None) -> None:
    sending = Sending(within_s=within_s)
    await sending.start()
    await sending.is_in_hand.wait()
    stopping = asyncio.create_task(sending.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    sending.may_let_go.set()
    await stopping
    assert sending.has_finished
    assert sending.crashed is None


async def test_what_takes_too_long_is_ended_where_it_waits() -> None:
    sending = Sending(within_s=0.01)
    await sending.start()
    await sending.is_in_hand.wait()
    await sending.stop()
    assert sending.name not in {task.get_name() for task in asyncio.all_tasks()}
    assert not sending.has_finished
    assert sending.crashed is None


async def test_what_is_cancelled_while_it_is_stopped_is_ended_where_it_waits() -> None:
    sending = Sending(within_s=None)
    await sending.start()
    await sending.is_in_hand.wait()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sending.stop(), 0.01)
    assert sending.name in {task.get_name() for task in asyncio.all_tasks()}
    await sending.cancel()
    assert sending.name not in {task.get_name() for task in asyncio.all_tasks()}
    assert not sending.has_finished
    assert sending.crashed is None


async def test_stopping_what_never_started_does_no_harm() -> None:
    for component in (Looking(), Sending(within_s=None)):
        await component.stop()
        await component.cancel()


async def test_what_was_stopped_is_not_started_again_in_silence() -> None:
    sending = Sending(within_s=1)
    await sending.start()
    await sending.stop()
    with pytest.raises(RuntimeError, match="was stopped"):
        await sending.start()


class Pausing(BackgroundComponent):
    """Waits for something to do, again and again."""

    name = "test.pausing"

    async def _run(self) -> None:
        while True:
            await self._pause(1000.0)


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_is_woken_and_stopped_in_the_same_moment_stops(turns: int) -> None:
    pausing = Pausing()
    await pausing.start()
    await asyncio.sleep(0.01)
    pausing.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await pausing.stop()
