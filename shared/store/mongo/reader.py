"""The reads of the port."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession

from shared.store.bodies import check_id
from shared.store.digests import Digest, digest_of_counters
from shared.store.mongo.documents import (
    Stored,
    filter_of,
    folded,
    index_name,
    shards_of,
    shards_with,
    sort_of,
    to_document,
)
from shared.store.mongo.opened import Opened
from shared.store.port import Collection, Counters, Document, Page, Where
from shared.store.queries import page, plan

Result = TypeVar("Result")
Session = AsyncIOMotorClientSession | None

_AT_ONCE = 1_000


class MongoReader(ABC):
    """The reads of the port."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    @abstractmethod
    async def _call(self, work: Callable[[Session], Awaitable[Result]]) -> Result: ...

    def is_opened_with(self, declared: Collection | Counters) -> bool:
        return self.opened.declared.get(declared.name) == declared

    async def get(self, collection: Collection, id: str) -> Document | None:
        return (await self.get_many(collection, [id])).get(id)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> dict[str, Document]:
        found = await self._find(collection, {"_id": {"$in": [check_id(id) for id in ids]}})
        return {stored["_id"]: to_document(stored) for stored in found}

    async def find(
        self,
        collection: Collection,
        where: Where,
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        motor = self.opened.motor(collection)
        query = plan(collection, where, order_by=order_by, descending=descending, limit=limit, cursor=cursor)
        name = "_id_" if query.index is None else index_name(query.index.fields)

        async def work(session: Session) -> list[Stored]:
            found = motor.find(filter_of(query), session=session, batch_size=limit + 2)
            return await found.sort(sort_of(query)).limit(limit + 1).hint(name).to_list(None)

        return page(query, [to_document(stored) for stored in await self._call(work)])

    async def counters(self, counters: Counters, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        return folded(await self._find(counters, shards_of([check_id(id) for id in ids])))

    async def all_counters(self, counters: Counters, *, prefix: str) -> dict[str, dict[str, int]]:
        return folded(await self._find(counters, shards_with(check_id(prefix))))

    async def count(self, collection: Collection) -> int:
        motor = self.opened.motor(collection)
        return await self._call(lambda session: motor.count_documents({}, session=session, hint="_id_"))

    async def digest(self, declared: Collection | Counters) -> str:
        if isinstance(declared, Counters):
            return digest_of_counters(await self.all_counters(declared, prefix=""))
        motor = self.opened.motor(declared)

        async def work(session: Session) -> str:
            digest = Digest()
            found = motor.find({}, {"b": 1}, session=session, batch_size=_AT_ONCE).sort("_id", 1).hint("_id_")
            while some := await found.to_list(_AT_ONCE):
                digest.add([stored["_id"] for stored in some], [stored["b"].encode() for stored in some])
            return digest.hex()

        return await self._call(work)

    async def _find(self, declared: Collection | Counters, filter: Stored) -> list[Stored]:
        motor = self.opened.motor(declared)

        async def work(session: Session) -> list[Stored]:
            return await motor.find(filter, session=session, batch_size=_AT_ONCE).to_list(None)

        return await self._call(work)
