"""Positions that are held in a transaction: whoever moves one meanwhile, or whoever holds it, begins anew."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from shared.consuming import positions
from shared.consuming.positions import StoredPosition
from shared.log.port import TopicPartition
from shared.store import open_store
from shared.store.port import Store, Transaction, TransactionConflict
from shared.store.retrying import in_transaction

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)
ONE = {FIRST: 1}


async def move(transaction: Transaction) -> None:
    await positions.move(transaction, "c", await positions.load(transaction, "c", ONE), ONE)


async def hold(transaction: Transaction) -> dict[TopicPartition, StoredPosition]:
    return await positions.hold(transaction, "c", [FIRST, SECOND])


async def opened(url: str, stack: AsyncExitStack) -> Store:
    store = open_store(url)
    stack.push_async_callback(store.close)
    await store.open([positions.positions_of("c")])
    return store


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
async def test_what_is_held_stays_where_it_is(
    engine: str, tmp_path: object, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/s.db" if engine == "sqlite" else request.getfixturevalue("mongo_url")
    async with AsyncExitStack() as stack:
        store = await opened(url, stack)
        await in_transaction(store, move)
        held = await in_transaction(store, hold)
        assert (held[FIRST].next_offset, held[SECOND].next_offset) == (1, 0)
        assert await positions.load(store, "c", [FIRST, SECOND]) == {
            FIRST: StoredPosition(1, version=2),
            SECOND: StoredPosition(0, version=1),
        }


@pytest.mark.mongo
async def test_a_batch_that_moves_what_is_held_fails(mongo_url: str) -> None:
    async with AsyncExitStack() as stack:
        one, two = await opened(mongo_url, stack), await opened(mongo_url, stack)
        async with one.transaction() as holding:
            assert (await hold(holding))[FIRST] == StoredPosition()
            with pytest.raises(TransactionConflict):
                async with two.transaction() as moving:
                    await move(moving)
        assert (await positions.load(one, "c", ONE))[FIRST].next_offset == 0
