"""A digest says what is there: the content, and nothing of how it came about."""

import hashlib

import orjson

from shared.store.port import Store
from tests.contracts.store.things import COUNTS, PLAIN, THINGS, insert

MANY = {f"{number * 7919 % 25013:05}": {"n": number, "名": "甲"} for number in range(12_000)}


def digest_of(documents: dict[str, dict[str, object]]) -> str:
    """As the port says: of every document by id."""
    lines = [
        line
        for id in sorted(documents)
        if documents[id]
        for line in (id.encode(), orjson.dumps(documents[id]))
    ]
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


async def test_it_is_the_same_on_every_engine(store: Store) -> None:
    assert await store.digest(PLAIN) == digest_of({})
    documents = {"b": {"n": 1}, "": {"n": 2}, "é": {"x": None}, "𝕏": {"y": "\n"}, "\uffff": {"z": [1.5]}}
    await insert(store, PLAIN, **documents)
    assert await store.digest(PLAIN) == digest_of(documents)


async def test_of_many_documents(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.insert_many(PLAIN, [*MANY.items()])
        assert await transaction.digest(PLAIN) == digest_of(MANY)
    assert await store.digest(PLAIN) == digest_of(MANY)


async def test_versions_and_empty_documents_are_no_content(store: Store) -> None:
    await insert(store, THINGS, a={"unit": "x"})
    before = await store.digest(THINGS)
    async with store.transaction() as transaction:
        await transaction.replace(THINGS, "a", {"unit": "y"}, version=1)
        assert await transaction.digest(THINGS) != before
        await transaction.insert(THINGS, "b", {})
        await transaction.replace(THINGS, "a", {"unit": "x"}, version=2)
    assert await store.digest(THINGS) == before


async def test_of_counters_those_that_are_not_zero(store: Store) -> None:
    empty = await store.digest(COUNTS)
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, {"a": {"n": 1, "m": 2}}, shard=3)
    one = await store.digest(COUNTS)
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, {"b": {"n": 1}, "a": {"m": -1}}, shard=1)
        await transaction.increment(COUNTS, {"b": {"n": -1}, "a": {"m": 1, "k": 0}}, shard=2)
        assert await transaction.digest(COUNTS) == one
    assert await store.digest(COUNTS) == one != empty
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, {"a": {"n": -1, "m": -2}})
    assert await store.digest(COUNTS) == empty
