"""A fold made anew beside the one that stands, and put in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.consuming import Anew
from shared.consuming.anew import Replaced
from shared.consuming.positions import load, positions_of
from shared.log.port import Message
from shared.store.port import Transaction
from shared.store.retrying import in_transaction
from tests.shared.consuming.ending import assert_counted, assert_exact, messages_in
from tests.shared.consuming.tally import HEARD, MESSAGES, SEEN, SUMS, TOLD, messages_of
from tests.shared.consuming.worlds import Engine, Process, append, eventually, made, running


@asynccontextmanager
async def at_hand(engine: Engine) -> AsyncIterator[Process]:
    """A process that doesn't run."""
    process = await made(engine)
    try:
        yield process
    finally:
        await process.store.close()
        await process.log.close()


async def counted(engine: Engine, *numbers: int) -> None:
    """Append the events of ``numbers`` and have them counted."""
    await append(engine, messages_of(numbers))
    async with running(engine) as process:
        await eventually(process.caught_up)


async def put_in_place(engine: Engine) -> Replaced:
    """As a command does it, in a process of its own."""
    async with at_hand(engine) as process:
        anew = Anew(process.runner, process.log, process.store)
        await anew.prepare()
        return await in_transaction(process.store, anew.put_in_place)


async def tamper(engine: Engine) -> None:
    """Spoil what stands: one document is gone, one is another, one is too many, and sums are wrong."""

    async def work(transaction: Transaction) -> None:
        document = await transaction.get(SEEN, "e2")
        assert document is not None
        await transaction.delete(SEEN, "e1")
        await transaction.replace(SEEN, "e2", {"key": "k2", "amount": 99}, version=document.version)
        await transaction.insert(SEEN, "nobody", {"key": "k0", "amount": 1})
        await transaction.increment(SUMS, {"k2": {"amount": 97, "count": 1}})
        await transaction.increment(MESSAGES, {"k1": {"messages": -1}})

    async with at_hand(engine) as process:
        await in_transaction(process.store, work)


async def versions(engine: Engine) -> dict[str, int]:
    """Of every document that was seen, and of the positions."""
    async with at_hand(engine) as process:
        found = [*(await process.store.find(SEEN, {}, limit=1000)).documents]
        found += (await process.store.find(positions_of("tally"), {}, limit=100)).documents
        return {document.id: document.version for document in found}


async def test_what_stands_right_is_left_as_it_is(engine: Engine) -> None:
    await counted(engine, *range(40))
    before = await versions(engine)
    done = await put_in_place(engine)
    assert done.stood == done.stands
    assert done.event_count == 40
    assert await versions(engine) == before
    await assert_exact(engine, range(40))


async def test_what_stands_wrong_is_put_right_and_nothing_is_told_again(engine: Engine) -> None:
    await counted(engine, *range(40))
    told = len(await messages_in(engine, TOLD))
    await tamper(engine)
    done = await put_in_place(engine)
    assert [one != other for one, other in zip(done.stood, done.stands, strict=True)] == [True] * 3
    await assert_counted(engine, range(40))
    assert len(await messages_in(engine, TOLD)) == told
    assert (await put_in_place(engine)).stood == done.stands
    await counted(engine, *range(40, 60))
    await assert_counted(engine, range(60))


async def test_only_what_the_consumer_has_read_is_folded_and_it_goes_on_from_there(engine: Engine) -> None:
    await counted(engine, *range(20))
    await append(engine, messages_of(range(20, 40)))
    await tamper(engine)
    assert (await put_in_place(engine)).event_count == 20
    await counted(engine)
    await assert_exact(engine, range(40))


async def test_a_consumer_that_runs_meanwhile_loses_nothing(engine: Engine) -> None:
    await counted(engine, *range(50))
    await tamper(engine)
    async with running(engine, messages_at_once=5) as process:

        async def go_on() -> None:
            for start in range(50, 250, 20):
                await append(engine, messages_of(range(start, start + 20)))

        going_on = asyncio.create_task(go_on())
        done = [await put_in_place(engine) for _ in range(3)]
        await going_on
        await eventually(process.caught_up)
    assert done[0].stood != done[0].stands
    assert all(each.stood == each.stands for each in done[1:])
    await assert_exact(engine, range(250))


async def test_what_cannot_be_read_is_passed_over(engine: Engine) -> None:
    await append(engine, [*messages_of(range(10)), Message("k1", (), b"\xff"), *messages_of(range(10, 20))])
    await counted(engine)
    done = await put_in_place(engine)
    assert (done.stood == done.stands, done.event_count) == (True, 21)


async def test_positions_that_were_set_back_meanwhile_hold(engine: Engine) -> None:
    await counted(engine, *range(40))
    async with at_hand(engine) as process:
        anew = Anew(process.runner, process.log, process.store)
        await anew.prepare()

        async def clear(transaction: Transaction) -> None:
            for each in (*process.runner.folded, positions_of("tally")):
                await transaction.clear(each)

        await in_transaction(process.store, clear)
        done = await in_transaction(process.store, anew.put_in_place)
    assert (done.stood == done.stands, done.event_count) == (True, 0)
    await counted(engine)
    await assert_counted(engine, range(40))


async def test_of_a_log_shorter_than_what_was_read_all_that_is_there_counts(embedded: Engine) -> None:
    await counted(embedded, *range(40))
    shorter = Engine(embedded.log_url.replace("log.db", "restored.db"), embedded.store_url)
    await append(shorter, messages_of(range(10)))
    done = await put_in_place(shorter)
    assert (done.stood == done.stands, done.event_count) == (False, 10)
    await assert_counted(shorter, range(10))
    async with at_hand(shorter) as process:
        stored = await load(process.store, "tally", await process.log.ends(HEARD))
    assert sum(position.next_offset for position in stored.values()) == 10
    await counted(shorter, *range(10, 30))
    await assert_counted(shorter, range(30))
