"""Transactions: all or nothing, one point in time, nothing lost."""

import asyncio

import pytest

from shared.errors import RetryLater
from shared.store.port import DuplicateId, Store, Transaction, TransactionConflict, VersionMoved
from shared.store.retrying import in_transaction
from tests.contracts.store.things import COUNTS, PLAIN, THINGS, insert, once_it_is_back, standing


class OfTheCaller(Exception):
    """Something that goes wrong in a caller's block."""


async def test_everything_becomes_visible_together(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.insert(PLAIN, "a", {"n": 1})
        await transaction.insert(THINGS, "a", {"status": "new"})
        await transaction.increment(COUNTS, {"a": {"n": 1}})

        assert await store.get(PLAIN, "a") is None
        assert await store.count(THINGS) == 0
        assert (await store.find(THINGS, {"status": "new"})).documents == ()
        assert await store.counters(COUNTS, ["a"]) == {}

    assert await store.get(PLAIN, "a") is not None
    assert await store.count(THINGS) == 1
    assert await store.counters(COUNTS, ["a"]) == {"a": {"n": 1}}


async def test_a_transaction_sees_its_own_writes(store: Store) -> None:
    await insert(store, THINGS, a={"status": "new"}, b={"status": "new"})

    async with store.transaction() as transaction:
        await transaction.replace(THINGS, "a", {"status": "done"}, version=1)
        await transaction.delete(THINGS, "b")
        await transaction.insert(THINGS, "c", {"status": "done"})

        assert await transaction.get(THINGS, "b") is None
        assert set(await transaction.get_many(THINGS, ["a", "b", "c"])) == {"a", "c"}
        done = await transaction.find(THINGS, {"status": "done"})
        assert [(document.id, document.version) for document in done.documents] == [("a", 2), ("c", 1)]
        assert await transaction.count(THINGS) == 2


async def test_an_error_in_the_block_leaves_nothing(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 1}, b={"n": 1})

    async def fail_at_the_end() -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "new", {})
            await transaction.replace(PLAIN, "a", {"n": 2}, version=1)
            await transaction.delete(PLAIN, "b")
            await transaction.increment(COUNTS, {"a": {"n": 1}})
            await transaction.clear(THINGS)
            raise OfTheCaller

    with pytest.raises(OfTheCaller):
        await fail_at_the_end()

    assert set(await store.get_many(PLAIN, ["a", "b", "new"])) == {"a", "b"}
    assert (await standing(store, PLAIN, "a")).body == {"n": 1}
    assert await store.all_counters(COUNTS, prefix="") == {}


async def test_an_error_of_a_call_comes_again_at_the_end(store: Store) -> None:
    await insert(store, PLAIN, a={})

    async def swallow_it() -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "b", {})
            with pytest.raises(DuplicateId):
                await transaction.insert(PLAIN, "a", {})
            with pytest.raises(DuplicateId):
                await transaction.insert(PLAIN, "c", {})

    with pytest.raises(DuplicateId):
        await swallow_it()

    assert await store.count(PLAIN) == 1


async def test_a_transaction_without_calls_is_fine(store: Store) -> None:
    async with store.transaction():
        pass


async def test_a_transaction_that_reads_is_fine(store: Store) -> None:
    async with store.transaction() as transaction:
        assert await transaction.get(PLAIN, "a") is None


async def test_nothing_can_be_done_after_the_block(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.insert(PLAIN, "a", {})
    with pytest.raises(RuntimeError, match="over"):
        await transaction.insert(PLAIN, "b", {})

    with pytest.raises(OfTheCaller):
        async with store.transaction() as failed:
            raise OfTheCaller
    with pytest.raises(RuntimeError, match="over"):
        await failed.insert(PLAIN, "c", {})

    assert await store.count(PLAIN) == 1


async def test_a_task_has_one_transaction_at_a_time(store: Store) -> None:
    async with store.transaction() as transaction:
        with pytest.raises(RuntimeError, match="under way"):
            async with store.transaction():
                pass
        with pytest.raises(RuntimeError, match="under way"):
            await store.insert_each(PLAIN, [("b", {})])
        await transaction.insert(PLAIN, "a", {})

    assert await store.count(PLAIN) == 1


async def test_a_transaction_takes_one_call_at_a_time(store: Store) -> None:
    async with store.transaction() as transaction:
        first = asyncio.create_task(transaction.insert(PLAIN, "a", {}))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one call"):
            await transaction.insert(PLAIN, "b", {})
        await first

    assert await store.count(PLAIN) == 1


async def test_reads_in_a_transaction_are_of_one_point_in_time(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 1})

    async with store.transaction() as transaction:
        before = await transaction.get(PLAIN, "a")
        other = asyncio.create_task(_replace(store, "a", {"n": 2}))
        another = asyncio.create_task(store.insert_each(PLAIN, [("b", {})]))
        await asyncio.wait([other, another], timeout=0.3)  # an adapter may let them write now, or after us
        assert await transaction.get(PLAIN, "a") == before
        assert await transaction.get(PLAIN, "b") is None
        assert await transaction.count(PLAIN) == 1
    await asyncio.gather(other, another)

    assert (await standing(store, PLAIN, "a")).body == {"n": 2}


async def _replace(store: Store, id: str, body: dict[str, int]) -> None:
    async with store.transaction() as transaction:
        await transaction.replace(PLAIN, id, body, version=1)


async def test_no_update_is_lost_between_two_that_read_the_same(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 0})
    has_read = asyncio.Event()

    async def quick() -> None:
        await has_read.wait()
        async with store.transaction() as transaction:
            document = await transaction.get(PLAIN, "a")
            assert document is not None
            await transaction.replace(PLAIN, "a", {"n": document.body["n"] + 10}, version=document.version)

    async def slow(other: asyncio.Task[None]) -> None:
        async with store.transaction() as transaction:
            document = await transaction.get(PLAIN, "a")
            has_read.set()
            await asyncio.wait([other], timeout=0.3)  # an adapter may let it write now, or after us
            assert document is not None
            await transaction.replace(PLAIN, "a", {"n": document.body["n"] + 1}, version=document.version)

    quick_one = asyncio.create_task(quick())
    try:
        await slow(quick_one)
    except (TransactionConflict, VersionMoved):
        expected = 10
    else:
        expected = 11
    await quick_one

    assert (await standing(store, PLAIN, "a")).body == {"n": expected}


async def test_sixteen_that_count_up_a_document_lose_nothing(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 0})

    async def count_up(transaction: Transaction) -> int:
        document = await transaction.get(PLAIN, "a")
        assert document is not None
        n = int(document.body["n"]) + 1
        await transaction.replace(PLAIN, "a", {"n": n}, version=document.version)
        return n

    async def worker() -> list[int]:
        return [await in_transaction(store, count_up) for _ in range(5)]

    counted = await asyncio.gather(*(worker() for _ in range(16)))

    assert sorted(n for numbers in counted for n in numbers) == [*range(1, 81)]
    document = await standing(store, PLAIN, "a")
    assert (document.version, document.body) == (81, {"n": 80})


async def test_an_id_goes_to_one_of_many(store: Store) -> None:
    async def take(worker: int) -> bool:
        try:
            async with store.transaction() as transaction:
                await transaction.insert(PLAIN, f"own-{worker}", {})
                await transaction.insert(PLAIN, "shared", {"by": worker})
        except (DuplicateId, TransactionConflict):
            return False
        return True

    taken = await asyncio.gather(*(take(worker) for worker in range(12)))

    assert taken.count(True) == 1
    assert (await standing(store, PLAIN, "shared")).body == {"by": taken.index(True)}
    assert await store.count(PLAIN) == 2


async def test_a_cancelled_transaction_leaves_nothing_and_frees_the_store(store: Store) -> None:
    is_inside = asyncio.Event()

    async def wait_inside() -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "a", {})
            is_inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait_inside())
    await is_inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with store.transaction() as transaction:
        await transaction.insert(PLAIN, "a", {"by": "another"})
    assert (await standing(store, PLAIN, "a")).body == {"by": "another"}


@pytest.mark.parametrize("is_inside", [False, True])
@pytest.mark.parametrize("steps", range(6))
async def test_a_transaction_can_be_cancelled_at_any_moment(
    store: Store, steps: int, is_inside: bool
) -> None:
    items = [(f"d{n:03}", {"n": n}) for n in range(200)]
    begins = asyncio.Event()

    async def write() -> None:
        async with store.transaction() as transaction:
            begins.set()
            await transaction.insert_many(PLAIN, items)
            await transaction.increment(COUNTS, {"a": {"n": len(items)}})

    task = asyncio.create_task(write())
    if is_inside:
        await begins.wait()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert await _read_together(store) == (0, {})
    await once_it_is_back(write, within_s=20)  # nothing holds the documents any more
    assert await _read_together(store) == (200, {"a": {"n": 200}})


@pytest.mark.parametrize("pause", range(4))
async def test_a_transaction_can_be_cancelled_twice(store: Store, pause: int) -> None:
    items = [(f"d{n:04}", {"n": n}) for n in range(3000)]
    begins = asyncio.Event()

    async def write() -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "first", {})
            begins.set()
            await transaction.insert_many(PLAIN, items)

    task = asyncio.create_task(write())
    await begins.wait()
    for _ in range(2):
        await asyncio.sleep(0)  # it is in the call, then in undoing it
        task.cancel()
        for _ in range(pause):
            await asyncio.sleep(0)
    await asyncio.wait([task])
    assert task.cancelled()

    await once_it_is_back(write, within_s=20)  # nothing holds the documents any more
    assert await store.count(PLAIN) == 3001


async def _read_together(store: Store) -> tuple[int, dict[str, dict[str, int]]]:
    async with store.transaction() as transaction:
        return await transaction.count(PLAIN), await transaction.all_counters(COUNTS, prefix="")


async def test_a_call_that_was_cancelled_voids_the_transaction(store: Store) -> None:
    async def cancel_a_call() -> None:
        async with store.transaction() as transaction:
            call = asyncio.create_task(transaction.insert(PLAIN, "a", {}))
            await asyncio.sleep(0)
            call.cancel()
            await asyncio.wait([call])

    with pytest.raises(RetryLater, match="中断"):
        await cancel_a_call()

    assert await store.get(PLAIN, "a") is None
    await insert(store, PLAIN, a={})


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    await insert(store, THINGS, a={"status": "new"})

    async with store.transaction() as transaction:
        await transaction.insert_many(THINGS, [(f"d{n}", {"status": "new"}) for n in range(500)])
        async with asyncio.timeout(5):
            assert await store.count(THINGS) == 1
            assert len((await store.find(THINGS, {"status": "new"})).documents) == 1


async def test_closing_waits_for_what_is_under_way(store: Store) -> None:
    write = asyncio.create_task(insert(store, PLAIN, a={}))
    each = asyncio.create_task(store.insert_each(PLAIN, [("b", {})]))
    await asyncio.sleep(0)
    await store.close()
    await store.close()  # again does nothing

    await asyncio.gather(write, each)
    with pytest.raises(RuntimeError):
        await store.get(PLAIN, "a")
