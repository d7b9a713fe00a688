"""Inserting one by one, grouped."""

import asyncio

import pytest

from shared.store.port import Store
from tests.contracts.store.things import COUNTS, PLAIN, THINGS, insert, standing


async def test_each_tells_whether_it_was_inserted(store: Store) -> None:
    await insert(store, PLAIN, b={"n": 0})

    inserted = await store.insert_each(PLAIN, [(id, {"n": n}) for n, id in enumerate("abcac")])

    assert inserted == [True, False, True, False, False]
    documents = await store.get_many(PLAIN, ["a", "b", "c"])
    assert {id: (document.version, document.body["n"]) for id, document in documents.items()} == {
        "a": (1, 0),
        "b": (1, 0),
        "c": (1, 2),
    }


async def test_nothing_is_inserted_of_nothing(store: Store) -> None:
    assert await store.insert_each(PLAIN, []) == []


async def test_a_value_of_a_unique_index_counts_too(store: Store) -> None:
    await insert(store, THINGS, a={"code": 1})

    inserted = await store.insert_each(THINGS, [("b", {"code": 1}), ("c", {"code": 2}), ("d", {})])

    assert inserted == [False, True, True]
    assert await store.get(THINGS, "b") is None
    assert (await standing(store, THINGS, "c")).body == {"code": 2}


@pytest.mark.parametrize("size", [64, 700])
async def test_concurrent_calls_have_their_own_outcomes(store: Store, size: int) -> None:
    async def insert_some(worker: int) -> list[bool]:
        items = [(f"own-{worker}-{n}", {"n": n}) for n in range(size // 64)]
        return await store.insert_each(PLAIN, [*items, (f"shared-{worker % 8}", {"by": worker})])

    outcomes = await asyncio.gather(*(insert_some(worker) for worker in range(64)))

    assert all(all(outcome[:-1]) for outcome in outcomes)
    for shared in range(8):
        winners = [worker for worker in range(shared, 64, 8) if outcomes[worker][-1]]
        assert len(winners) == 1
        assert (await standing(store, PLAIN, f"shared-{shared}")).body == {"by": winners[0]}
    assert await store.count(PLAIN) == 64 * (size // 64) + 8


async def test_calls_for_different_collections_mix(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(
            store.insert_each(collection, [("a", {"code": n})])
            for n in range(10)
            for collection in (PLAIN, THINGS)
        )
    )

    assert sum(outcome == [True] for outcome in outcomes) == 2
    assert (await store.count(PLAIN), await store.count(THINGS)) == (1, 1)


async def test_a_call_that_is_refused_leaves_the_others(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(store.insert_each(PLAIN, [(f"d{n}", {"n": float("nan") if n == 3 else n})]) for n in range(6)),
        return_exceptions=True,
    )

    assert [outcome if outcome == [True] else type(outcome) for outcome in outcomes] == [
        *[[True]] * 3,
        ValueError,
        *[[True]] * 2,
    ]


async def test_a_cancelled_caller_leaves_the_others(store: Store) -> None:
    calls = [asyncio.create_task(store.insert_each(PLAIN, [(f"d{n}", {})])) for n in range(8)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()

    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [outcome == [True] for outcome in outcomes[1::2]] == [True] * 4
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    assert await store.insert_each(PLAIN, [("after", {})]) == [True]


async def test_it_mixes_with_transactions(store: Store) -> None:
    async def transact(n: int) -> None:
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, f"t{n}", {})
            await transaction.increment(COUNTS, {f"c{n}": {"n": 1}})

    await asyncio.gather(
        *(transact(n) for n in range(10)),
        *(store.insert_each(PLAIN, [(f"e{n}", {}), (f"f{n}", {})]) for n in range(10)),
    )

    assert await store.count(PLAIN) == 30
    assert len(await store.all_counters(COUNTS, prefix="c")) == 10
