"""A MongoDB that is killed and comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from deploy.local import MongoServer
from shared.errors import RetryLater
from shared.store import open_store
from shared.store.port import Store
from tests.contracts.store.things import COUNTS, DECLARED, PLAIN, insert, once_it_is_back, standing

pytestmark = pytest.mark.mongo

LEARNS_WITHIN_S = 20.0


@pytest.fixture
def store_url(mongo_url: str) -> str:
    """Of this adapter alone."""
    return mongo_url


async def in_a_transaction(store: Store) -> None:
    """Write something."""
    await insert(store, PLAIN, during={"n": 1})


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.get(PLAIN, "before"),
        lambda store: store.find(PLAIN, {}),
        lambda store: store.counters(COUNTS, ["a"]),
        lambda store: store.count(PLAIN),
        lambda store: store.insert_each(PLAIN, [("during", {"n": 1})]),
        lambda store: store.open(DECLARED),
        in_a_transaction,
    ],
    ids=["get", "find", "counters", "count", "insert_each", "open", "transaction"],
)
async def test_every_call_says_to_retry_and_works_again(
    store: Store, mongo_server: MongoServer, use: Callable[[Store], Awaitable[object]]
) -> None:
    await insert(store, PLAIN, before={"n": 0})

    mongo_server.kill()
    async with asyncio.timeout(LEARNS_WITHIN_S):
        with pytest.raises(RetryLater, match="MongoDB"):
            await use(store)
    await asyncio.to_thread(mongo_server.start)
    await once_it_is_back(lambda: use(store))

    assert (await standing(store, PLAIN, "before")).body == {"n": 0}


async def test_a_transaction_that_the_server_left_fails_as_a_whole(
    store: Store, mongo_server: MongoServer
) -> None:
    async def write() -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "a", {})
            mongo_server.kill()
            await transaction.insert(PLAIN, "b", {})

    async with asyncio.timeout(LEARNS_WITHIN_S):
        with pytest.raises(RetryLater, match="MongoDB"):
            await write()
    await asyncio.to_thread(mongo_server.start)

    assert await once_it_is_back(lambda: store.count(PLAIN)) == 0
    await once_it_is_back(lambda: insert(store, PLAIN, a={}, b={}))
    assert await store.count(PLAIN) == 2


async def test_a_transaction_that_the_server_forgot_is_run_again(
    store: Store, mongo_server: MongoServer
) -> None:
    has_failed = False

    async def write() -> None:
        nonlocal has_failed
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, "a", {})
            if not has_failed:
                has_failed = True
                mongo_server.kill()
                await asyncio.to_thread(mongo_server.start)
                await asyncio.to_thread(mongo_server.wait_ready)
            await transaction.insert(PLAIN, "b", {})

    await once_it_is_back(write)

    assert has_failed
    assert await store.count(PLAIN) == 2


async def test_opening_waits_for_nothing_and_works_later(mongo_url: str, mongo_server: MongoServer) -> None:
    store = open_store(mongo_url)
    mongo_server.kill()
    async with asyncio.timeout(LEARNS_WITHIN_S):
        with pytest.raises(RetryLater, match="MongoDB"):
            await store.open(DECLARED)
    await asyncio.to_thread(mongo_server.start)

    await once_it_is_back(lambda: store.open(DECLARED))
    await insert(store, PLAIN, a={})
    await store.close()


async def test_concurrent_inserts_go_on_after_a_crash(store: Store, mongo_server: MongoServer) -> None:
    acknowledged: list[str] = []
    some_are_written = asyncio.Event()

    async def write(worker: int) -> None:
        for id in (f"{worker}:{n}" for n in range(20)):
            await once_it_is_back(partial(store.insert_each, PLAIN, [(id, {})]))
            acknowledged.append(id)
            if len(acknowledged) >= 30:
                some_are_written.set()

    writers = asyncio.gather(*(write(worker) for worker in range(8)))
    await some_are_written.wait()
    mongo_server.kill()
    await asyncio.to_thread(mongo_server.start)
    await writers

    assert len(await store.get_many(PLAIN, acknowledged)) == 160 == await store.count(PLAIN)
