"""Single documents: insert, get, replace, delete, and their versions."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import TooLarge
from shared.store.bodies import MAX_BODY_BYTES
from shared.store.port import Collection, Document, DuplicateId, Store, VersionMoved
from tests.contracts.store.things import PLAIN, THINGS, insert, standing

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


async def test_a_document_comes_back_at_version_1(store: Store) -> None:
    await insert(store, PLAIN, a={"unit": "吴江区", "n": 1})

    assert await store.get(PLAIN, "a") == Document("a", 1, {"unit": "吴江区", "n": 1})


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.get(PLAIN, "nobody") is None
    assert await store.get_many(PLAIN, []) == {}
    assert await store.count(PLAIN) == 0


@SLOW
@given(body=st.dictionaries(text, json_values, max_size=5))
async def test_whatever_json_can_say_comes_back_as_it_was(store: Store, body: dict[str, object]) -> None:
    async with store.transaction() as transaction:
        await transaction.clear(PLAIN)
        await transaction.insert(PLAIN, "a", body)
        inside = await transaction.get(PLAIN, "a")

    outside = await standing(store, PLAIN, "a")
    assert inside == outside == Document("a", 1, body)
    assert repr(outside.body) == repr(body)  # 1, 1.0, True and -0.0 differ; the order of keys is kept


@pytest.mark.parametrize(
    "body",
    [
        {"$set": {"$ref": "x", "$id": 1}, "a.b": {"": {"c.": "$"}}, "": 0, ".": "."},
        {"nul\0key": "nul\0value"},
        {"float": 1.0, "int": 1, "least": -(2**63), "most": 2**64 - 1, "tiny": 5e-324, "null": None},
        {"_id": "other", "v": 7, "version": 8, "body": None},
        {"deep": [[[[[[[[{"er": [{}, []]}]]]]]]]]},
    ],
)
async def test_awkward_keys_and_numbers_come_back(store: Store, body: dict[str, object]) -> None:
    await insert(store, PLAIN, a=body)

    assert repr((await standing(store, PLAIN, "a")).body) == repr(body)


@pytest.mark.parametrize("id", ["", " ", "a.b$c", "身份", "nul\0id", '"quoted\\"', "x" * 2000, "𠮷"])
async def test_any_string_is_an_id(store: Store, id: str) -> None:
    await insert(store, PLAIN, **{id: {"n": 1}})

    assert (await standing(store, PLAIN, id)).id == id
    assert set(await store.get_many(PLAIN, [id])) == {id}


@pytest.mark.parametrize(
    "body",
    [
        {"a": float("nan")},
        {"a": [None, {"b": float("inf")}]},
        {"a": "\ud800"},
        {"\udfff": 1},
        {"a": 2**64},
        {"a": -(2**63) - 1},
        {"a": {1, 2}},
        {"a": b"bytes"},
        {1: "a"},
        ["a list"],
    ],
)
@pytest.mark.parametrize("collection", [PLAIN, THINGS])
async def test_what_json_cannot_say_is_refused(store: Store, collection: Collection, body: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        await store.insert_each(collection, [("good", {}), ("bad", body)])
    async with store.transaction() as transaction:
        with pytest.raises(ValueError, match=r"."):
            await transaction.insert(collection, "bad", body)
        await transaction.insert(collection, "fine", {})  # it was refused before it reached the store

    assert await store.count(collection) == 1


@pytest.mark.parametrize("value", [1.5, [1], {"a": 1}])
async def test_an_indexed_field_holds_what_can_be_found(store: Store, value: object) -> None:
    with pytest.raises(ValueError, match="indexed field"):
        await store.insert_each(THINGS, [("a", {"unit": value})])


async def test_an_id_with_a_lone_surrogate_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        await store.get(PLAIN, "\ud800")
    with pytest.raises(ValueError, match="surrogate"):
        await store.insert_each(PLAIN, [("\ud800", {})])


async def test_a_body_has_a_greatest_size(store: Store) -> None:
    fits = {"unit": "x" * (MAX_BODY_BYTES - len('{"unit":""}'))}
    await insert(store, THINGS, fits=fits)

    with pytest.raises(TooLarge, match=str(MAX_BODY_BYTES)):
        await store.insert_each(THINGS, [("more", {"unit": fits["unit"] + "x"})])
    assert (await standing(store, THINGS, "fits")).body == fits


async def test_an_id_can_be_inserted_once(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 1})

    with pytest.raises(DuplicateId, match=r"tests\.plain.*a"):
        await insert(store, PLAIN, a={"n": 2})
    with pytest.raises(DuplicateId):
        await insert(store, PLAIN, b={}, c={}, a={})
    with pytest.raises(DuplicateId):
        async with store.transaction() as transaction:
            await transaction.insert_many(PLAIN, [("x", {}), ("y", {}), ("x", {})])

    assert await store.count(PLAIN) == 1
    assert await store.get(PLAIN, "a") == Document("a", 1, {"n": 1})


async def test_a_replacement_is_the_next_version(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 1})

    async with store.transaction() as transaction:
        await transaction.replace(PLAIN, "a", {"n": 2}, version=1)
        await transaction.replace(PLAIN, "a", {"m": 3}, version=2)

    assert await store.get(PLAIN, "a") == Document("a", 3, {"m": 3})


@pytest.mark.parametrize(("id", "version"), [("a", 0), ("a", 2), ("nobody", 1)])
async def test_only_the_version_that_stands_can_be_replaced(store: Store, id: str, version: int) -> None:
    await insert(store, PLAIN, a={"n": 1}, b={"n": 1})

    with pytest.raises(VersionMoved, match=id):
        async with store.transaction() as transaction:
            await transaction.replace(PLAIN, id, {"n": 2}, version=version)
    with pytest.raises(VersionMoved):
        async with store.transaction() as transaction:
            await transaction.replace_many(PLAIN, [("b", {"n": 2}, 1), (id, {"n": 2}, version)])

    assert await store.get_many(PLAIN, ["a", "b"]) == {
        "a": Document("a", 1, {"n": 1}),
        "b": Document("b", 1, {"n": 1}),
    }


async def test_many_are_replaced_at_once(store: Store) -> None:
    ids = [f"t{n:04}" for n in range(700)]
    await insert(store, THINGS, **{id: {"n": 0, "status": "new"} for id in ids})

    async with store.transaction() as transaction:
        await transaction.replace_many(
            THINGS, [(id, {"n": n, "status": "done", "code": n}, 1) for n, id in enumerate(ids)]
        )

    found = await store.get_many(THINGS, [*ids, "nobody"])
    assert found == {id: Document(id, 2, {"n": n, "status": "done", "code": n}) for n, id in enumerate(ids)}
    assert len((await store.find(THINGS, {"status": "done"}, limit=1000)).documents) == 700
    assert not (await store.find(THINGS, {"status": "new"})).documents


async def test_one_call_replaces_a_document_once(store: Store) -> None:
    await insert(store, PLAIN, a={})

    async with store.transaction() as transaction:
        with pytest.raises(ValueError, match="once"):
            await transaction.replace_many(PLAIN, [("a", {"n": 1}, 1), ("a", {"n": 2}, 2)])


async def test_deleting_what_is_not_there_does_nothing(store: Store) -> None:
    await insert(store, PLAIN, a={}, b={}, c={})

    async with store.transaction() as transaction:
        await transaction.delete(PLAIN, "nobody")
        await transaction.delete(PLAIN, "a")
        await transaction.delete_many(PLAIN, ["b", "b", "nobody"])
        await transaction.delete_many(PLAIN, [])

    assert set(await store.get_many(PLAIN, ["a", "b", "c"])) == {"c"}


@pytest.mark.parametrize(("id", "version"), [("a", 1), ("nobody", 1)])
async def test_a_delete_with_a_version_wants_that_version(store: Store, id: str, version: int) -> None:
    await insert(store, PLAIN, a={})
    async with store.transaction() as transaction:
        await transaction.replace(PLAIN, "a", {}, version=1)

    with pytest.raises(VersionMoved, match=id):
        async with store.transaction() as transaction:
            await transaction.delete(PLAIN, id, version=version)
    async with store.transaction() as transaction:
        await transaction.delete(PLAIN, "a", version=2)

    assert await store.count(PLAIN) == 0


async def test_a_deleted_id_begins_anew(store: Store) -> None:
    await insert(store, PLAIN, a={"n": 1})
    async with store.transaction() as transaction:
        await transaction.delete(PLAIN, "a")
        await transaction.insert(PLAIN, "a", {"n": 2})

    assert await store.get(PLAIN, "a") == Document("a", 1, {"n": 2})


async def test_clear_removes_everything_of_one_collection(store: Store) -> None:
    await insert(store, PLAIN, a={}, b={})
    await insert(store, THINGS, a={"code": 1})

    async with store.transaction() as transaction:
        await transaction.clear(PLAIN)
        assert await transaction.count(PLAIN) == 0

    assert await store.count(PLAIN) == 0
    assert await store.count(THINGS) == 1


async def test_thousands_go_in_and_come_out_in_one_call(store: Store) -> None:
    items = [(f"t{n:05}", {"unit": f"u{n % 7}", "day": n, "code": n}) for n in range(5003)]
    async with store.transaction() as transaction:
        await transaction.insert_many(THINGS, items)
        await transaction.insert_many(THINGS, [])
        inside = await transaction.get_many(THINGS, [id for id, _ in items])

    assert inside == await store.get_many(THINGS, [id for id, _ in items])
    assert {id: document.body for id, document in inside.items()} == dict(items)
    assert await store.count(THINGS) == 5003
    async with store.transaction() as transaction:
        await transaction.delete_many(THINGS, [id for id, _ in items[3:]])
    assert await store.count(THINGS) == 3


LONG = "长" * 1_000_000
"""Three megabytes: of these, an engine may be given few at a time."""


async def test_megabytes_go_in_by_one_call(store: Store) -> None:
    items = [(f"long{n}", {"unit": "u", "day": n, "text": LONG}) for n in range(7)]
    async with store.transaction() as transaction:
        await transaction.insert_many(THINGS, items)
        assert await transaction.count(THINGS) == 7

    found = await store.get_many(THINGS, [id for id, _ in items])
    assert {id: document.body["day"] for id, document in found.items()} == {
        id: body["day"] for id, body in items
    }
    assert all(document.body["text"] == LONG for document in found.values())


@pytest.mark.parametrize(
    ("last", "error", "reason"),
    [(("a", {}), DuplicateId, "tests.plain"), (("bad", {"n": float("nan")}), ValueError, "nan")],
    ids=["there already", "not to be said"],
)
async def test_what_is_refused_after_megabytes_leaves_nothing(
    store: Store, last: tuple[str, dict[str, object]], error: type[Exception], reason: str
) -> None:
    await insert(store, PLAIN, a={"n": 1})

    items = [(f"long{n}", {"text": LONG}) for n in range(4)]
    with pytest.raises(error, match=reason):
        async with store.transaction() as transaction:
            await transaction.insert_many(PLAIN, [*items, last])

    assert await store.count(PLAIN) == 1
    assert await store.get(PLAIN, "a") == Document("a", 1, {"n": 1})


async def test_a_unique_index_refuses_a_second_document(store: Store) -> None:
    await insert(store, THINGS, a={"code": "A1"}, b={"code": 1}, c={"code": True})

    with pytest.raises(DuplicateId, match=r"tests\.things"):
        await insert(store, THINGS, d={"code": "A1"})
    with pytest.raises(DuplicateId):
        async with store.transaction() as transaction:
            await transaction.replace(THINGS, "b", {"code": "A1"}, version=1)
    async with store.transaction() as transaction:
        await transaction.replace(THINGS, "a", {"code": "A2"}, version=1)
        await transaction.insert(THINGS, "d", {"code": "A1"})

    assert await store.count(THINGS) == 4


async def test_documents_without_the_value_are_not_held_unique(store: Store) -> None:
    await insert(store, THINGS, a={}, b={}, c={"code": None}, d={"code": None})

    assert await store.count(THINGS) == 4
