"""A graceful stop, at any moment: nothing lost, nothing repeated, and the log knows how far it went."""

from __future__ import annotations

import asyncio

import pytest

from tests.shared.consuming.ending import assert_exact
from tests.shared.consuming.tally import HEARD, SEEN, messages_of
from tests.shared.consuming.worlds import Engine, append, eventually, made, running


@pytest.mark.timeout(300)
async def test_stops_under_load_lose_and_repeat_nothing(engine: Engine) -> None:
    count = 0
    for start in range(0, 400, 100):
        await append(engine, messages_of(range(start, start + 100)))
        async with running(engine, messages_at_once=3) as process:
            await eventually(lambda seen=count: grows(process.store, seen))
            count = start // 2
    async with running(engine) as process:
        await eventually(process.caught_up)
    await assert_exact(engine, range(400))


async def grows(store: object, seen: int) -> bool:
    return await store.count(SEEN) > seen  # type: ignore[attr-defined]


async def test_what_was_applied_is_committed_when_it_stops(engine: Engine) -> None:
    await append(engine, messages_of(range(100)))
    async with running(engine, messages_at_once=5) as process:
        await eventually(lambda: grows(process.store, 20))
        await process.runner.stop()
        applied = await process.store.count(SEEN)
        committed = await process.log.committed(HEARD, group="tally")
    assert sum(committed.values()) == applied


async def test_whoever_rests_after_a_batch_leaves_the_next_one_and_stops_at_once(embedded: Engine) -> None:
    await append(embedded, messages_of(range(10)))
    async with running(embedded, rest_s=1000.0) as process:
        await eventually(process.caught_up)
        await append(embedded, messages_of(range(10, 20)))
        await asyncio.wait_for(process.runner.stop(), 30)
        assert await process.store.count(SEEN) == 10
    async with running(embedded, messages_at_once=5, rest_s=1000.0) as process:  # full batches: no rest
        await eventually(process.caught_up)
    await assert_exact(embedded, range(20))


async def test_stopping_twice_and_before_the_start_does_no_harm(embedded: Engine) -> None:
    async with running(embedded) as process:
        await process.runner.stop()
        await asyncio.wait_for(process.runner.stop(), 1)
        assert process.runner.crashed is None
    never_started = await made(embedded)
    await never_started.runner.stop()
    await never_started.outbox.stop()
    await never_started.store.close()
    await never_started.log.close()
