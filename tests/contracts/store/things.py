"""What the contract tests of the store keep in it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import RetryLater
from shared.store.port import Body, Collection, Counters, Document, Index, Store

Result = TypeVar("Result")

THINGS = Collection(
    "tests.things",
    (Index(("unit", "day")), Index(("status",)), Index(("rank",)), Index(("code",), is_unique=True)),
)
PLAIN = Collection("tests.plain")
COUNTS = Counters("tests.counts")
DECLARED = (THINGS, PLAIN, COUNTS)


async def insert(store: Store, collection: Collection, **bodies: Body) -> None:
    """Insert documents; the names are their ids."""
    async with store.transaction() as transaction:
        await transaction.insert_many(collection, [*bodies.items()])


async def find_ids(store: Store, where: dict[str, object], **options: object) -> list[str]:
    """The ids of one page of THINGS."""
    found = await store.find(THINGS, where, **options)
    return [document.id for document in found.documents]


async def standing(store: Store, collection: Collection, id: str) -> Document:
    """A document that must be there."""
    found = await store.get(collection, id)
    assert found is not None, f"{id} isn't in {collection.name}"
    return found


async def once_it_is_back(work: Callable[[], Awaitable[Result]], within_s: float = 60) -> Result:
    """What ``work`` returns as soon as it no longer raises RetryLater."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                return await work()
            except RetryLater:
                await asyncio.sleep(0.05)
