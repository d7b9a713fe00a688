"""Integer counters."""

import asyncio

import pytest

from shared.store.port import Store
from shared.store.retrying import in_transaction
from tests.contracts.store.things import COUNTS, THINGS


async def increment(store: Store, **amounts: dict[str, int]) -> None:
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, amounts)


async def test_counters_start_at_zero(store: Store) -> None:
    assert await store.counters(COUNTS, ["a"]) == {}
    await increment(store, a={"interviews": 2, "visits": -1}, b={"interviews": 1})
    await increment(store, a={"interviews": 3, "meetings": 0})

    assert await store.counters(COUNTS, ["a", "b", "nobody"]) == {
        "a": {"interviews": 5, "visits": -1, "meetings": 0},
        "b": {"interviews": 1},
    }


async def test_a_transaction_sees_its_own_increments(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, {"a": {"n": 1}})
        await transaction.increment(COUNTS, {"a": {"n": 1}})
        assert await transaction.counters(COUNTS, ["a"]) == {"a": {"n": 2}}
        assert await transaction.all_counters(COUNTS, prefix="") == {"a": {"n": 2}}
        assert await store.counters(COUNTS, ["a"]) == {}


async def test_nothing_to_add_makes_nothing(store: Store) -> None:
    await increment(store)
    await increment(store, a={})

    assert await store.all_counters(COUNTS, prefix="") == {}


NAMES = ["a.b", "$inc", ".", "", "%", "%2E", "%25", "nul\0", "吴江区", "0", "_id", "a%2Eb", "%252E"]


async def test_any_string_names_a_field_or_an_id(store: Store) -> None:
    await increment(store, **{name: dict.fromkeys(NAMES, n) for n, name in enumerate(NAMES)})

    expected = {name: dict.fromkeys(NAMES, n) for n, name in enumerate(NAMES)}
    assert await store.counters(COUNTS, NAMES) == expected
    assert await store.all_counters(COUNTS, prefix="") == expected


@pytest.mark.parametrize("prefix", ["u", "u:", "u:吴", "v", "", "𐏿", "\U0010ffff"])
async def test_all_counters_are_those_with_the_prefix(store: Store, prefix: str) -> None:
    ids = ["u", "u:", "u:1", "u:吴", "u:吴江区", "u;", "t", "v", "\U0010ffff", "\U0010ffffx", "𐏿x"]
    await increment(store, **{id: {"n": 1} for id in ids})

    found = await store.all_counters(COUNTS, prefix=prefix)
    assert set(found) == {id for id in ids if id.startswith(prefix)}


@pytest.mark.parametrize("amount", [1.0, "1", True, None, 2**63, -(2**63) - 1])
async def test_only_integers_of_64_bits_are_added(store: Store, amount: object) -> None:
    async with store.transaction() as transaction:
        with pytest.raises(ValueError, match="64 bits"):
            await transaction.increment(COUNTS, {"a": {"n": amount}})


async def test_a_counter_stays_within_64_bits(store: Store) -> None:
    await increment(store, a={"n": 2**63 - 1})

    with pytest.raises(ValueError, match="64 bits"):
        await increment(store, b={"n": 1}, a={"n": 1})
    assert await store.all_counters(COUNTS, prefix="") == {"a": {"n": 2**63 - 1}}


async def test_many_counters_at_once(store: Store) -> None:
    amounts = {f"u{n:04}": {"a": n, "b": 1} for n in range(1500)}
    await increment(store, **amounts)
    await increment(store, **amounts)

    found = await store.counters(COUNTS, [*amounts])
    assert found == {id: {"a": 2 * n, "b": 2} for n, id in enumerate(amounts)}


async def test_concurrent_increments_all_count(store: Store) -> None:
    async def count_up(worker: int) -> None:
        for _ in range(5):
            await in_transaction(
                store, lambda tx: tx.increment(COUNTS, {"all": {"n": 1, f"w{worker % 4}": 1}})
            )

    await asyncio.gather(*(count_up(worker) for worker in range(16)))

    counted = (await store.counters(COUNTS, ["all"]))["all"]
    assert counted == {"n": 80, "w0": 20, "w1": 20, "w2": 20, "w3": 20}


async def test_what_was_added_in_shards_is_read_as_their_sum(store: Store) -> None:
    for shard in (0, 1, 15, 16, 40, -1):
        async with store.transaction() as transaction:
            await transaction.increment(
                COUNTS, {"u:1": {"n": 1, f"s{shard}": 1}, "u:2": {"n": -1}}, shard=shard
            )
            assert (await transaction.counters(COUNTS, ["u:1"]))["u:1"][f"s{shard}"] == 1
    expected = {"u:1": {"n": 6, **{f"s{shard}": 1 for shard in (0, 1, 15, 16, 40, -1)}}, "u:2": {"n": -6}}
    assert await store.counters(COUNTS, ["u:1", "u:2"]) == expected
    assert await store.all_counters(COUNTS, prefix="u:") == expected
    assert set(await store.all_counters(COUNTS, prefix="u:2")) == {"u:2"}


@pytest.mark.parametrize("store_url", [pytest.param("mongo", marks=pytest.mark.mongo)], indirect=True)
async def test_transactions_that_add_in_different_shards_do_not_conflict(store: Store) -> None:
    """Those of SQLite run one after the other."""
    async with store.transaction() as first:
        await first.increment(COUNTS, {"a": {"n": 1}}, shard=1)

        async def second() -> None:
            async with store.transaction() as transaction:
                await transaction.increment(COUNTS, {"a": {"n": 2}}, shard=2)

        await asyncio.create_task(second())  # it ends while the first is under way
    assert await store.counters(COUNTS, ["a"]) == {"a": {"n": 3}}


async def test_clear_removes_counters(store: Store) -> None:
    await increment(store, a={"n": 1})
    async with store.transaction() as transaction:
        await transaction.clear(COUNTS)
        await transaction.increment(COUNTS, {"b": {"n": 1}})

    assert await store.all_counters(COUNTS, prefix="") == {"b": {"n": 1}}


async def test_what_was_not_opened_is_refused(store: Store) -> None:
    from shared.store.port import Collection, Counters

    with pytest.raises(ValueError, match="open the store with"):
        await store.counters(Counters("tests.others"), ["a"])
    with pytest.raises(ValueError, match="open the store with"):
        await store.get(Collection("tests.others"), "a")
    with pytest.raises(ValueError, match="open the store with"):
        await store.insert_each(Collection("tests.others"), [("a", {})])
    with pytest.raises(ValueError, match="open the store with"):
        await store.counters(Counters(THINGS.name), ["a"])
