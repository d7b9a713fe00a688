"""Collections in memory keep the promises of a transaction, in front of a store that sees nothing of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.store import open_store
from shared.store.port import Collection, Counters, DuplicateId, Index, Store, VersionMoved
from shared.store.scratch import Scratch

FOLD, SUMS = Collection("tests.fold", (Index(("kind",)),)), Counters("tests.sums")
OTHER, OTHERS = Collection("tests.other"), Counters("tests.others")


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    await store.open((FOLD, SUMS, OTHER, OTHERS))
    async with store.transaction() as transaction:
        for collection in (FOLD, OTHER):
            await transaction.insert(collection, "stands", {"kind": "old"})
        for counters in (SUMS, OTHERS):
            await transaction.increment(counters, {"stands": {"n": 7}})
    yield store
    await store.close()


async def test_nothing_stands_in_it_before_it_is_committed(behind: Store) -> None:
    scratch = Scratch((FOLD, SUMS))
    one = scratch.transaction(behind)
    await one.insert(FOLD, "a", {"kind": "new", "pair": (1, 2)})
    await one.insert_many(FOLD, [("b", b'{"kind":"text"}'), ("c", {})])
    await one.replace(FOLD, "b", {"kind": "again"}, version=1)
    await one.increment(SUMS, {"a": {"n": 1}, "ab": {"m": 2}})
    assert await one.get(FOLD, "stands") is None, "the fold begins anew"
    found = await one.get_many(FOLD, ["a", "b", "c", "nobody"])
    assert {id: (each.version, each.body) for id, each in found.items()} == {
        "a": (1, {"kind": "new", "pair": [1, 2]}),
        "b": (2, {"kind": "again"}),
        "c": (1, {}),
    }
    assert await one.counters(SUMS, ["a", "stands"]) == {"a": {"n": 1}}
    assert await one.all_counters(SUMS, prefix="a") == {"a": {"n": 1}, "ab": {"m": 2}}
    assert await scratch.transaction(behind).get_many(FOLD, ["a"]) == {}
    one.commit()
    two = scratch.transaction(behind)
    await two.delete(FOLD, "a", version=1)
    await two.delete_many(FOLD, ["b", "nobody"])
    await two.increment(SUMS, {"a": {"n": 4}})
    assert await two.counters(SUMS, ["a"]) == {"a": {"n": 5}}
    assert await two.get(FOLD, "a") is None
    await two.insert(FOLD, "a", {"kind": "once more"})
    two.commit()
    assert dict(scratch.bodies(FOLD)) == {"a": {"kind": "once more"}, "c": {}}
    assert scratch.counters(SUMS) == {"a": {"n": 5}, "ab": {"m": 2}}


async def test_what_contradicts_it_is_refused_as_by_a_store(behind: Store) -> None:
    scratch = Scratch((FOLD, SUMS))
    one = scratch.transaction(behind)
    await one.insert(FOLD, "a", {})
    with pytest.raises(DuplicateId, match="a"):
        await one.insert_many(FOLD, [("b", {}), ("a", {})])
    with pytest.raises(DuplicateId):
        await one.insert_many(FOLD, [("c", {}), ("c", {})])
    assert await one.get_many(FOLD, ["b", "c"]) == {}
    for version in (0, 2):
        with pytest.raises(VersionMoved, match="a"):
            await one.replace(FOLD, "a", {}, version=version)
        with pytest.raises(VersionMoved, match="a"):
            await one.delete(FOLD, "a", version=version)
    with pytest.raises(VersionMoved):
        await one.replace(FOLD, "nobody", {}, version=1)
    with pytest.raises(ValueError, match="once in a call"):
        await one.replace_many(FOLD, [("a", {}, 1), ("a", {}, 1)])
    with pytest.raises(ValueError, match="64 bits"):
        await one.increment(SUMS, {"a": {"n": 2**63}})
    with pytest.raises(ValueError, match="JSON"):
        await one.insert(FOLD, "d", {"x": object()})


async def test_everything_else_is_read_behind_it_and_not_written(behind: Store) -> None:
    scratch = Scratch((FOLD, SUMS))
    one = scratch.transaction(behind)
    await one.insert(OTHER, "new", {})
    await one.replace(OTHER, "stands", {}, version=1)
    await one.delete(OTHER, "stands", version=1)
    await one.increment(OTHERS, {"stands": {"n": 1}})
    one.commit()
    two = scratch.transaction(behind)
    for reader in (two, behind):
        assert reader.is_opened_with(OTHER)
        assert [each.id for each in (await reader.find(OTHER, {})).documents] == ["stands"]
        assert await reader.count(OTHER) == 1
        assert list(await reader.get_many(OTHER, ["stands", "new"])) == ["stands"]
        assert await reader.counters(OTHERS, ["stands"]) == {"stands": {"n": 7}}
        assert await reader.all_counters(OTHERS, prefix="") == {"stands": {"n": 7}}
    assert await two.digest(OTHER) == await behind.digest(OTHER)
    assert await behind.count(FOLD) == 1


async def test_what_an_index_would_be_needed_for_is_refused(behind: Store) -> None:
    one = Scratch((FOLD, SUMS)).transaction(behind)
    for asking in (one.find(FOLD, {"kind": "old"}), one.count(FOLD), one.digest(SUMS), one.clear(FOLD)):
        with pytest.raises(ValueError, match="folded anew"):
            await asking
    with pytest.raises(ValueError, match="unique index"):
        Scratch((Collection("tests.coded", (Index(("code",), is_unique=True),)),))


async def test_its_digests_are_those_of_a_store(behind: Store) -> None:
    scratch = Scratch((FOLD, SUMS))
    documents = [(f"{number * 7 % 3001}", {"kind": "x", "n": number}) for number in range(3001)]
    amounts = {"b": {"n": 2, "m": 0}, "a": {"z": 1, "y": -1}}
    one = scratch.transaction(behind)
    await one.insert_many(FOLD, [*documents, ("empty", {})])
    await one.increment(SUMS, amounts)
    one.commit()
    async with behind.transaction() as transaction:
        for each in (FOLD, SUMS):
            await transaction.clear(each)
        await transaction.insert_many(FOLD, documents)
        await transaction.increment(SUMS, amounts)
    for each in (FOLD, SUMS):
        assert scratch.digest(each) == await behind.digest(each)
