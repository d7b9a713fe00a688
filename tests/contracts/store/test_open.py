"""Opening, and opening again with other declarations."""

import asyncio

import pytest

from shared.store import open_store
from shared.store.port import Collection, Counters, DuplicateId, Index, Store, Transaction
from shared.store.retrying import in_transaction
from tests.contracts.store.things import COUNTS, PLAIN, THINGS, insert, standing


async def test_what_was_written_is_there_after_a_restart(store: Store, store_url: str) -> None:
    await insert(store, THINGS, a={"status": "new"})
    async with store.transaction() as transaction:
        await transaction.increment(COUNTS, {"a": {"n": 1}})
    await store.close()

    again = open_store(store_url)
    await again.open([THINGS, COUNTS])
    try:
        assert (await standing(again, THINGS, "a")).body == {"status": "new"}
        assert await again.counters(COUNTS, ["a"]) == {"a": {"n": 1}}
        assert len((await again.find(THINGS, {"status": "new"})).documents) == 1
    finally:
        await again.close()


async def test_further_collections_can_be_opened_later(store: Store) -> None:
    more = Collection("tests.more", (Index(("n",)),))
    await store.open([more, PLAIN])

    await insert(store, more, a={"n": 1})
    assert len((await store.find(more, {"n": 1})).documents) == 1


async def test_what_another_process_made_is_usable_once_it_is_opened_here(
    store: Store, store_url: str
) -> None:
    more = Counters("tests.more_counts")
    other = open_store(store_url)
    await other.open([more])
    await other.close()
    assert not store.is_opened_with(more)
    await store.open([more])
    async with store.transaction() as transaction:
        assert store.is_opened_with(more)
        assert transaction.is_opened_with(more)
        assert not transaction.is_opened_with(Collection(more.name))


async def test_two_stores_see_each_other(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    await other.open([PLAIN])
    try:
        await insert(other, PLAIN, a={"n": 1})
        assert (await standing(store, PLAIN, "a")).body == {"n": 1}
        async with store.transaction() as transaction:
            await transaction.replace(PLAIN, "a", {"n": 2}, version=1)
        assert (await standing(other, PLAIN, "a")).body == {"n": 2}
        assert await other.insert_each(PLAIN, [("a", {}), ("b", {})]) == [False, True]
    finally:
        await other.close()


async def test_two_stores_count_up_together(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    await other.open([PLAIN])
    await insert(store, PLAIN, a={"n": 0})

    async def count_up(transaction: Transaction) -> None:
        document = await transaction.get(PLAIN, "a")
        assert document is not None
        await transaction.replace(PLAIN, "a", {"n": document.body["n"] + 1}, version=document.version)

    async def worker(own: Store) -> None:
        for _ in range(10):
            await in_transaction(own, count_up)

    await asyncio.gather(*(worker(own) for own in (store, other) for _ in range(4)))
    await other.close()

    assert (await standing(store, PLAIN, "a")).body == {"n": 80}


async def test_a_later_index_holds_older_documents(store: Store, store_url: str) -> None:
    late = Collection("tests.late")
    await store.open([late])
    await insert(store, late, **{f"d{n:04}": {"unit": f"u{n % 3}", "n": n} for n in range(1200)})
    await store.close()

    indexed = Collection("tests.late", (Index(("unit", "n")), Index(("code",), is_unique=True)))
    again = open_store(store_url)
    await again.open([indexed])
    try:
        page = await again.find(indexed, {"unit": "u1"}, order_by="n", descending=True, limit=2)
        assert [document.id for document in page.documents] == ["d1198", "d1195"]
        assert page.documents[0].version == 1
        await insert(again, indexed, new={"unit": "u9", "code": "x"})
        with pytest.raises(DuplicateId):
            await insert(again, indexed, other={"code": "x"})
    finally:
        await again.close()


async def test_an_older_declaration_still_works_and_is_made_good_for(store: Store, store_url: str) -> None:
    older = Collection("tests.both", (Index(("unit",)),))
    newer = Collection("tests.both", (Index(("unit",)), Index(("status", "unit"))))
    await store.open([newer])
    old_program = open_store(store_url)
    await old_program.open([older])
    await insert(old_program, older, a={"unit": "u", "status": "new"})
    await old_program.close()

    again = open_store(store_url)
    await again.open([newer])
    try:
        found = await again.find(newer, {"status": "new"}, order_by="unit")
        assert [document.id for document in found.documents] == ["a"]
    finally:
        await again.close()


async def test_documents_can_contradict_a_later_unique_index(store: Store, store_url: str) -> None:
    late = Collection("tests.late")
    await store.open([late])
    await insert(store, late, a={"code": 1}, b={"code": 1})

    again = open_store(store_url)
    with pytest.raises(DuplicateId, match=r"tests\.late"):
        await again.open([Collection("tests.late", (Index(("code",), is_unique=True),))])
    await again.close()

    assert await store.count(late) == 2


@pytest.mark.parametrize(
    "declared",
    [
        Collection("things"),
        Collection("Tests.things"),
        Collection('tests."things"'),
        Collection("tests.$things"),
        Counters("tests."),
        Collection("tests.other", (Index(()),)),
        Collection("tests.other", (Index(("a", "a")),)),
        Collection("tests.other", (Index(("a.b",)),)),
        Collection("tests.other", (Index(('a"b',)),)),
    ],
)
async def test_names_are_those_that_both_adapters_carry(store: Store, declared: Collection) -> None:
    with pytest.raises(ValueError, match=r"not|each once"):
        await store.open([declared])


async def test_a_name_has_one_declaration(store: Store) -> None:
    for other in (Collection(THINGS.name), Counters(THINGS.name)):
        with pytest.raises(ValueError, match="differently"):
            await store.open([other])
