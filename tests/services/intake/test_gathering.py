"""What comes together is done together, and everyone gets their own."""

import asyncio

import pytest

from services.intake.gathering import GROUPS_AT_ONCE, Gathering
from shared.errors import RetryLater


class Work:
    """Doubles numbers, group by group; lets a group end when told."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[list[int]] = asyncio.Queue()
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, items):
        self.begun.put_nowait(list(items))
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return [item * 2 for item in items]


@pytest.fixture
async def work():
    return Work()


async def test_what_one_turn_of_the_loop_brings_is_one_call_and_each_gets_its_own_result(work):
    work.may_end.set()
    gathering = Gathering(work)
    assert await asyncio.gather(*map(gathering.submit, range(50))) == [number * 2 for number in range(50)]
    assert work.begun.get_nowait() == list(range(50))
    assert work.begun.empty()


async def test_a_group_does_not_wait_for_the_one_before(work):
    gathering = Gathering(work)
    first = asyncio.create_task(gathering.submit(1))
    assert await work.begun.get() == [1]
    second = asyncio.create_task(gathering.submit(2))
    assert await work.begun.get() == [2]
    work.may_end.set()
    assert (await first, await second) == (2, 4)


async def test_what_comes_while_enough_groups_are_under_way_is_one_group_after_them(work):
    gathering = Gathering(work)
    results = []
    for number in range(GROUPS_AT_ONCE):
        results.append(asyncio.create_task(gathering.submit(number)))
        assert await work.begun.get() == [number]
    for number in range(10, 15):
        results.append(asyncio.create_task(gathering.submit(number)))
        await asyncio.sleep(0.01)
    assert work.begun.empty()
    work.may_end.set()
    assert await asyncio.gather(*results) == [0, 2, 4, 20, 22, 24, 26, 28]
    assert await work.begun.get() == list(range(10, 15))


async def test_an_error_reaches_everyone_in_the_group_and_nobody_else(work):
    gathering = Gathering(work)
    work.may_end.set()
    work.error = RetryLater("away")
    results = await asyncio.gather(*map(gathering.submit, range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [RetryLater] * 3
    work.error = None
    assert await gathering.submit(4) == 8


async def test_who_is_cancelled_leaves_the_others_their_results(work):
    gathering = Gathering(work)
    tasks = [asyncio.create_task(gathering.submit(number)) for number in range(3)]
    await work.begun.get()
    tasks[1].cancel()
    work.may_end.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[0] == 0
    assert isinstance(results[1], asyncio.CancelledError)
    assert results[2] == 4
