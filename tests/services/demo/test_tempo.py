"""A replay in step with a clock, with real time moved by hand: nothing here waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.demo.tempo import LEAD_S, NO_TIME, TICK_S, AtOnce, Conductor, begin_pace
from shared.replay_clock import Pace, read_pace, write_pace

BEGINS = datetime(2024, 5, 10, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=10)
REAL = datetime(2026, 11, 22, tzinfo=UTC)
DAYS_PER_SECOND = 2.0


def days(count):
    return BEGINS + timedelta(days=count)


class World:
    """A conductor whose ticks are the only thing that moves real time."""

    def __init__(self, path):
        self.s = 0.0
        self.held_count = 0
        self.diary = []
        write_pace(path, Pace(BEGINS, REAL, DAYS_PER_SECOND, BEGINS))
        self.conductor = Conductor(path, ENDS, self.hold, real_clock=self.real, sleep=self.sleep)

    def real(self):
        return REAL + timedelta(seconds=self.s)

    def hold(self):
        self.held_count += 1

    async def sleep(self, seconds):
        self.s += seconds
        for _ in range(5):  # let those go on who were released
            await asyncio.sleep(0)

    async def until(self, seconds):
        while self.s < seconds:  # noqa: ASYNC110 - it is the conductor that moves time
            await asyncio.sleep(0)

    async def act(self, at, until=None, may_take=NO_TIME):
        async with self.conductor.step(at, may_take=may_take):
            self.diary.append((at, self.conductor.now))
            if until is not None:
                await until.wait()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "clock.json")


async def test_each_step_begins_in_order_when_the_clock_has_come_to_it(world):
    moments = [days(number) for number in (7, 0.5, 3, 3, 9.9)]
    async with asyncio.TaskGroup() as group:
        for moment in moments:
            group.create_task(world.act(moment))
        group.create_task(world.conductor.run())
    assert [at for at, _ in world.diary] == sorted(moments)
    tick = timedelta(days=TICK_S * DAYS_PER_SECOND)
    assert all(timedelta() <= now - at <= 1.01 * tick for at, now in world.diary)
    assert world.conductor.is_over
    assert world.held_count == 0
    assert world.conductor.held_s < 2 * TICK_S
    assert world.s == pytest.approx(10 / DAYS_PER_SECOND, abs=0.5)


async def test_the_clock_stands_still_while_a_step_is_late_and_says_so_once(world):
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(world.act(days(1), done))
        group.create_task(world.act(days(6)))
        running = group.create_task(world.conductor.run())
        await world.until(20)
        stood = world.conductor.now
        assert days(3) < stood <= days(3) + timedelta(days=(LEAD_S + TICK_S) * DAYS_PER_SECOND)
        assert [at for at, _ in world.diary] == [days(1)]
        done.set()
        await running
    assert world.held_count == 1
    assert 15 < world.conductor.held_s < 20
    assert [at for at, _ in world.diary] == [days(1), days(6)]


async def test_what_may_take_its_time_is_not_waited_for_before_that(world):
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(world.act(days(1), done, may_take=timedelta(days=5)))
        running = group.create_task(world.conductor.run())
        await world.until(20)
        assert days(8) < world.conductor.now < days(9)
        done.set()
        await running


async def test_the_clock_waits_for_a_board_that_is_behind(world):
    world.conductor.is_behind = True
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.conductor.run())
        await world.until(5)
        assert world.conductor.now == BEGINS
        world.conductor.is_behind = False
        await running
    assert world.conductor.now == ENDS


async def test_every_process_reads_the_same_time_from_the_file(world, tmp_path):
    running = asyncio.create_task(world.conductor.run())
    while world.s < 2:
        await asyncio.sleep(0)
        assert read_pace(tmp_path / "clock.json").at(world.real()) == world.conductor.now
    running.cancel()
    await asyncio.wait([running])
    world.s += 1000  # whoever drove it is gone
    assert world.conductor.now < days(2 * DAYS_PER_SECOND + 1)


async def test_what_follows_after_the_last_day_happens_at_the_end(world):
    async with asyncio.TaskGroup() as group:
        group.create_task(world.act(days(30)))
        group.create_task(world.conductor.run())
    assert world.diary == [(days(30), ENDS)]


async def test_a_step_that_fails_is_no_longer_waited_for(world):
    with pytest.raises(RuntimeError):
        async with world.conductor.step(BEGINS):
            raise RuntimeError
    await world.conductor.run()
    assert world.held_count == 0


async def test_without_a_clock_everything_begins_at_once():
    async with AtOnce().step(datetime.max.replace(tzinfo=UTC)):
        pass


def test_a_replay_that_is_begun_again_goes_on_where_it_was(tmp_path):
    path = tmp_path / "clock.json"
    begin_pace(path, BEGINS, 1.0)
    assert read_pace(path).until == BEGINS
    write_pace(path, Pace(BEGINS, REAL, 1.0, days(40)))
    begin_pace(path, BEGINS, 5.0)
    pace = read_pace(path)
    assert (pace.begins_at, pace.until, pace.days_per_second) == (days(40), days(40), 5.0)
