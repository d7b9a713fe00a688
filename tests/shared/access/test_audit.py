"""The audit trail over a real store."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.access import Action, AuditBroken, AuditTrail, Principal, Resource
from shared.access.audit import _hash as hash_of
from shared.store import open_store
from shared.store.retrying import in_transaction

NOW = datetime(2024, 7, 1, tzinfo=UTC)
WANG = Principal("wang", "person", frozenset({"leading_group"}))


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
async def store(request, tmp_path):
    url = f"sqlite:///{tmp_path}/s.db" if request.param == "sqlite" else request.getfixturevalue("mongo_url")
    store = open_store(url)
    await store.open(AuditTrail(store, "test").collections)
    yield store
    await store.close()


@pytest.fixture
def trail(store):
    return AuditTrail(store, "test")


async def record(store, trail, number=0, **details):
    async def work(transaction):
        return await trail.record(
            transaction,
            principal=WANG,
            action=Action.DECIDE_GRANT,
            resource=Resource("grant", f"g{number}", "suzhou-2024", owner="li"),
            details={"decision": "approve", "units": ("gusu", "wujiang"), "count": number, **details},
            now=NOW,
        )

    return await in_transaction(store, work)


async def recorded(store, trail, count=5):
    return [await record(store, trail, number) for number in range(count)]


async def test_an_untouched_chain_is_verified(store, trail):
    entries = await recorded(store, trail)
    chain = await trail.verify()
    assert (chain.count, chain.head_hash) == (5, entries[-1].hash)
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


async def test_an_empty_chain_is_verified(trail):
    assert (await trail.verify()).count == 0


async def test_an_entry_says_who_did_what_to_what_and_when(store, trail):
    await record(store, trail, reason=None)
    ((entry,), cursor) = await trail.entries()
    assert (entry.seq, entry.time, entry.action) == (1, "2024-07-01T00:00:00.000Z", "decide_grant")
    assert entry.actor == {"kind": "person", "subject": "wang"}
    assert entry.resource == {"kind": "grant", "id": "g0", "campaign": "suzhou-2024", "owner": "li"}
    assert entry.details["units"] == ["gusu", "wujiang"]
    assert cursor is None


async def test_entries_are_read_in_pages(store, trail):
    await recorded(store, trail)
    first, cursor = await trail.entries(limit=3)
    rest, end = await trail.entries(limit=3, cursor=cursor)
    assert [entry.seq for entry in first + rest] == [1, 2, 3, 4, 5]
    assert end is None


async def test_the_entry_stands_or_falls_with_what_it_tells_of(store, trail):
    class Refused(Exception):
        pass

    await record(store, trail)

    async def refused(transaction):
        await trail.record(
            transaction, principal=WANG, action="x", resource=Resource("t"), details={}, now=NOW
        )
        raise Refused

    with pytest.raises(Refused):
        await in_transaction(store, refused)
    assert (await trail.verify()).count == 1


async def test_entries_made_at_once_make_one_chain(store, trail):
    await asyncio.gather(*(record(store, trail, number) for number in range(12)))
    assert (await trail.verify()).count == 12
    entries, _ = await trail.entries()
    assert sorted(entry.details["count"] for entry in entries) == list(range(12))


async def test_a_chain_that_grows_while_it_is_read_is_verified(store, trail):
    await recorded(store, trail, 3)
    growing = asyncio.create_task(recorded(store, trail, 20))
    while not growing.done():
        assert (await trail.verify()).count >= 3
    assert (await trail.verify()).count == 23


async def rewrite(store, trail, seq, changes):
    entries, _ = trail.collections
    async with store.transaction() as transaction:
        document = await transaction.get(entries, f"{seq:012d}")
        await transaction.delete(entries, document.id)
        await transaction.insert(entries, document.id, {**document.body, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 7},
        {"previous": "0" * 64},
        {"time": "2024-07-02T00:00:00.000Z"},
        {"actor": {"kind": "person", "subject": "zhao"}},
        {"action": "revoke_grant"},
        {"resource": {"kind": "grant", "id": "g9"}},
        {"details": {"decision": "refuse"}},
        {"hash": "f" * 64},
        {"more": "of it"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_changed_field_is_found_at_its_entry(store, trail, change):
    await recorded(store, trail)
    await rewrite(store, trail, 3, change)
    with pytest.raises(AuditBroken, match="第 3 条") as broken:
        await trail.verify()
    assert broken.value.seq == 3


async def test_a_changed_entry_with_a_right_hash_breaks_the_one_after_it(store, trail):
    await recorded(store, trail)
    forged = {**(await store.get(trail.collections[0], f"{3:012d}")).body, "action": "revoke_grant"}
    await rewrite(store, trail, 3, {**forged, "hash": hash_of(forged)})
    with pytest.raises(AuditBroken, match="第 4 条"):
        await trail.verify()


async def test_an_entry_under_another_id_is_found(store, trail):
    """The next entry would be written under an id that was taken."""
    await recorded(store, trail)
    entries, _ = trail.collections
    async with store.transaction() as transaction:
        last = await transaction.get(entries, f"{5:012d}")
        await transaction.delete(entries, last.id)
        await transaction.insert(entries, f"{last.id}x", last.body)
    with pytest.raises(AuditBroken, match="第 5 条"):
        await trail.verify()


async def test_a_replaced_entry_is_found_even_if_nothing_else_changed(store, trail):
    await recorded(store, trail)
    entries, _ = trail.collections
    async with store.transaction() as transaction:
        document = await transaction.get(entries, f"{2:012d}")
        await transaction.replace(entries, document.id, document.body, version=1)
    with pytest.raises(AuditBroken, match="第 2 条"):
        await trail.verify()


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_a_removed_entry_is_found(store, trail, seq):
    await recorded(store, trail)
    async with store.transaction() as transaction:
        await transaction.delete(trail.collections[0], f"{seq:012d}")
    with pytest.raises(AuditBroken) as broken:
        await trail.verify()
    assert broken.value.seq == seq


async def test_a_removed_beginning_with_everything_moved_up_is_found(store, trail):
    await recorded(store, trail)
    entries, _ = trail.collections
    async with store.transaction() as transaction:
        bodies = [(await transaction.get(entries, f"{seq:012d}")).body for seq in range(2, 6)]
        await transaction.clear(entries)
        for seq, body in enumerate(bodies, start=1):
            await transaction.insert(entries, f"{seq:012d}", {**body, "seq": seq})
    with pytest.raises(AuditBroken, match="第 1 条"):
        await trail.verify()


async def test_two_entries_that_changed_places_are_found(store, trail):
    await recorded(store, trail)
    entries, _ = trail.collections
    async with store.transaction() as transaction:
        second = await transaction.get(entries, f"{2:012d}")
        third = await transaction.get(entries, f"{3:012d}")
        await transaction.delete_many(entries, [second.id, third.id])
        await transaction.insert(entries, second.id, {**third.body, "seq": 2})
        await transaction.insert(entries, third.id, {**second.body, "seq": 3})
    with pytest.raises(AuditBroken, match="第 2 条"):
        await trail.verify()


async def test_a_shorter_chain_that_was_hashed_anew_doesnt_fit_its_head(store, trail):
    """The end cut off and the entries below rewritten properly: only the head shows it."""
    await recorded(store, trail)
    entries, heads = trail.collections
    async with store.transaction() as transaction:
        kept = await transaction.get(heads, "head")
        await transaction.clear(entries)
        await transaction.clear(heads)
    await recorded(store, trail, 5 - 1)
    await record(store, trail, 99)
    async with store.transaction() as transaction:
        new = await transaction.get(heads, "head")
        await transaction.replace(heads, "head", kept.body, version=new.version)
    with pytest.raises(AuditBroken, match="第 5 条"):
        await trail.verify()


async def test_an_entry_that_the_head_doesnt_know_is_found(store, trail):
    await recorded(store, trail, 2)
    heads = trail.collections[1]
    before = await store.get(heads, "head")
    await record(store, trail)
    async with store.transaction() as transaction:
        head = await transaction.get(heads, "head")
        await transaction.replace(heads, "head", before.body, version=head.version)
    with pytest.raises(AuditBroken, match="第 3 条"):
        await trail.verify()


async def test_services_have_chains_of_their_own(store, trail):
    other = AuditTrail(store, "other")
    await store.open([*trail.collections, *other.collections])
    await recorded(store, trail, 2)
    await record(store, other)
    assert ((await trail.verify()).count, (await other.verify()).count) == (2, 1)
