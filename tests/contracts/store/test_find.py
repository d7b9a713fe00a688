"""Finding by declared indexes, in order, page by page."""

import base64
import json
import random
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.store.bodies import index_key
from shared.store.port import Body, Range, Store
from tests.contracts.store.things import THINGS, find_ids, insert

values = st.sampled_from(
    [None, False, True, -5, -1, 0, 1, 2, 10, 2**63, -(2**63), "", "A", "a", "aa", "é", "吴", "￿", "𠮷", "1"]
)
bounds = st.sampled_from([None, -1, 0, 2, 10]) | st.sampled_from([None, "", "a", "吴"])


async def test_all_documents_come_by_id(store: Store) -> None:
    await insert(store, THINGS, b={}, a={}, c={}, B={}, 吴={}, ab={})

    assert await find_ids(store, {}) == ["B", "a", "ab", "b", "c", "吴"]
    assert await find_ids(store, {}, descending=True) == ["吴", "c", "b", "ab", "a", "B"]


async def test_equality_takes_the_type_into_account(store: Store) -> None:
    await insert(store, THINGS, a={"rank": 1}, b={"rank": True}, c={"rank": "1"}, d={"rank": 2})

    assert await find_ids(store, {"rank": 1}) == ["a"]
    assert await find_ids(store, {"rank": True}) == ["b"]
    assert await find_ids(store, {"rank": "1"}) == ["c"]
    assert await find_ids(store, {"rank": False}) == []


async def test_a_range_has_its_lower_end_and_not_its_upper_one(store: Store) -> None:
    await insert(store, THINGS, **{f"d{n}": {"rank": n} for n in range(-2, 5)}, x={"rank": "1"}, y={})

    assert await find_ids(store, {"rank": Range(gte=0, lt=2)}) == ["d0", "d1"]
    assert await find_ids(store, {"rank": Range(gte=3)}) == ["d3", "d4"]
    assert await find_ids(store, {"rank": Range(lt=-1)}) == ["d-2"]
    assert await find_ids(store, {"rank": Range(gte="")}) == ["x"]
    assert len(await find_ids(store, {"rank": Range()})) == 9


async def test_equality_then_range_in_the_order_of_the_range(store: Store) -> None:
    days = {"a": "2024-05-20", "b": "2024-05-10", "c": "2024-06-01", "d": "2024-05-10"}
    await insert(store, THINGS, **{id: {"unit": "吴江区", "day": day} for id, day in days.items()})
    await insert(store, THINGS, e={"unit": "昆山市", "day": "2024-05-12"})
    may = {"unit": "吴江区", "day": Range(gte="2024-05", lt="2024-06")}

    assert await find_ids(store, may, order_by="day") == ["b", "d", "a"]
    assert await find_ids(store, may, order_by="day", descending=True) == ["a", "d", "b"]
    assert await find_ids(store, {"unit": "吴江区"}) == ["a", "b", "c", "d"]
    assert await find_ids(store, may) == ["a", "b", "d"]


async def test_what_is_found_follows_the_writes(store: Store) -> None:
    await insert(store, THINGS, a={"status": "new"}, b={"status": "new"})
    async with store.transaction() as transaction:
        await transaction.replace(THINGS, "a", {"status": "done"}, version=1)
        await transaction.delete(THINGS, "b")
        page = await transaction.find(THINGS, {"status": "done"})
        assert [document.version for document in page.documents] == [2]

    assert await find_ids(store, {"status": "new"}) == []
    assert await find_ids(store, {"status": "done"}) == ["a"]


@pytest.mark.parametrize(
    ("where", "order_by"),
    [
        ({"day": "2024-05-10"}, None),
        ({"unit": Range(gte="a"), "status": "new"}, None),
        ({"nowhere": 1}, None),
        ({}, "nowhere"),
        ({"status": "new"}, "rank"),
        ({"unit": "a", "day": "b", "status": "new"}, None),
    ],
)
async def test_only_what_an_index_covers_can_be_asked(
    store: Store, where: Mapping[str, object], order_by: str | None
) -> None:
    with pytest.raises(ValueError, match=r"no declared index of tests\.things"):
        await store.find(THINGS, where, order_by=order_by)


@pytest.mark.parametrize("value", [None, 1.5, ["a"], Range(gte="a", lt=5), Range(gte=True), Range(lt=1.5)])
async def test_only_values_of_an_index_can_be_asked(store: Store, value: object) -> None:
    with pytest.raises(ValueError, match=r"not"):
        await store.find(THINGS, {"status": value})


async def test_a_page_has_at_least_one_document(store: Store) -> None:
    with pytest.raises(ValueError, match="page"):
        await store.find(THINGS, {}, limit=0)


async def test_the_last_page_has_no_cursor(store: Store) -> None:
    await insert(store, THINGS, a={}, b={}, c={}, d={})

    first = await store.find(THINGS, {}, limit=2)
    second = await store.find(THINGS, {}, limit=2, cursor=first.cursor)

    assert [document.id for document in first.documents] == ["a", "b"]
    assert [document.id for document in second.documents] == ["c", "d"]
    assert first.cursor is not None
    assert second.cursor is None
    assert (await store.find(THINGS, {}, limit=4)).cursor is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "é", "W10", "bnVsbA", "WzEsMiwzXQ"])
async def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(Invalid, match="游标"):
        await store.find(THINGS, {}, cursor=cursor)


async def test_a_cursor_belongs_to_its_call(store: Store) -> None:
    await insert(store, THINGS, a={"unit": "u", "day": 1}, b={"unit": "u", "day": 2})
    page = await store.find(THINGS, {"unit": "u"}, order_by="day", limit=1)

    for where, order_by, descending in [
        ({"unit": "v"}, "day", False),
        ({"unit": "u"}, None, False),
        ({"unit": "u"}, "day", True),
    ]:
        with pytest.raises(Invalid, match="游标"):
            await store.find(THINGS, where, order_by=order_by, descending=descending, cursor=page.cursor)


@pytest.mark.parametrize("descending", [False, True])
async def test_a_cursor_leads_to_nothing_outside_the_range(store: Store, descending: bool) -> None:
    await insert(store, THINGS, **{f"d{n}": {"rank": n} for n in range(9)})
    where = {"rank": Range(gte=3, lt=6)}
    page = await store.find(THINGS, where, order_by="rank", descending=descending, limit=1)
    assert page.cursor is not None
    fingerprint, _, _ = json.loads(base64.urlsafe_b64decode(page.cursor + "=="))

    for key in (index_key(1), index_key(6), "", "t"):
        forged = base64.urlsafe_b64encode(json.dumps([fingerprint, key, "d0"]).encode()).decode().rstrip("=")
        with pytest.raises(Invalid, match="游标"):
            await store.find(THINGS, where, order_by="rank", descending=descending, cursor=forged)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order_by", [None, "day", "unit"])
async def test_paging_misses_nothing_and_repeats_nothing_while_others_write(
    store: Store, order_by: str | None, descending: bool
) -> None:
    chance = random.Random(7)
    day = {f"s{n:03}": chance.choice([None, 1, 2, 3, "a", "b"]) for n in range(60)}
    await insert(store, THINGS, **{id: {"unit": "u", "day": value} for id, value in day.items()})

    seen: list[str] = []
    cursor, page_number = None, 0
    while page_number == 0 or cursor is not None:
        page = await store.find(
            THINGS, {"unit": "u"}, order_by=order_by, descending=descending, limit=7, cursor=cursor
        )
        seen += [document.id for document in page.documents]
        cursor, page_number = page.cursor, page_number + 1
        passing = [f"{chance.choice('rst')}{chance.randrange(60):03}-{page_number}-{n}" for n in range(4)]
        async with store.transaction() as transaction:
            for id in passing:
                await transaction.insert(THINGS, id, {"unit": "u", "day": chance.choice([None, 1, 2, "b"])})
            await transaction.delete_many(THINGS, [id for id in seen if id not in day][:2])

    assert len(seen) == len(set(seen))
    assert set(day) <= set(seen)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.fixed_dictionaries({}, optional={"unit": values, "day": values}), max_size=25),
    unit=st.none() | values,
    low=bounds,
    high=bounds,
    order_by=st.sampled_from([None, "unit", "day"]),
    descending=st.booleans(),
    limit=st.integers(1, 9),
)
async def test_find_is_filtering_and_sorting(
    store: Store,
    bodies: list[Body],
    unit: str | int | None,
    low: str | int | None,
    high: str | int | None,
    order_by: str | None,
    descending: bool,
    limit: int,
) -> None:
    if low is not None and high is not None and type(low) is not type(high):
        high = None
    documents = {f"d{n}": body for n, body in enumerate(bodies)}
    async with store.transaction() as transaction:
        await transaction.clear(THINGS)
        await transaction.insert_many(THINGS, [*documents.items()])
    where: dict[str, str | int | Range] = {} if unit is None else {"unit": unit}
    where["day" if unit is not None else "unit"] = Range(gte=low, lt=high)

    found: list[str] = []
    cursor = None
    while True:
        page = await store.find(
            THINGS, where, order_by=order_by, descending=descending, limit=limit, cursor=cursor
        )
        assert len(page.documents) <= limit
        found += [document.id for document in page.documents]
        cursor = page.cursor
        if cursor is None:
            break

    fitting = [id for id, body in documents.items() if _fits(body, where)]
    key = lambda id: (_rank(documents[id].get(order_by)) if order_by else (), id)  # noqa: E731
    assert found == sorted(fitting, key=key, reverse=descending)


def _fits(body: Body, where: Mapping[str, str | int | Range]) -> bool:
    for field, wanted in where.items():
        value = body.get(field)
        if not isinstance(wanted, Range):
            if type(value) is not type(wanted) or value != wanted:
                return False
            continue
        for end, is_inside in ((wanted.gte, lambda a, b: a >= b), (wanted.lt, lambda a, b: a < b)):
            if end is not None and (type(value) is not type(end) or not is_inside(value, end)):
                return False
    return True


def _rank(value: str | int | None) -> tuple[int, str | int]:
    if value is None:
        return (0, 0)
    return ({bool: 1, int: 2, str: 3}[type(value)], value)
