"""The reads of the port over SQLite tables."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from shared.store.bodies import check_id
from shared.store.digests import digest_of_counters
from shared.store.port import Collection, Counters, Document, Page, Where
from shared.store.queries import page, plan
from shared.store.refusals import not_opened
from shared.store.sqlite.counters import CounterTable
from shared.store.sqlite.documents import DocumentTable

Result = TypeVar("Result")


class Tables:
    """The tables of what the store was opened with."""

    def __init__(self) -> None:
        self.declared: dict[str, Collection | Counters] = {}
        self._documents: dict[str, DocumentTable] = {}
        self._counters: dict[str, CounterTable] = {}

    def add(self, declared: Collection | Counters) -> None:
        self.declared[declared.name] = declared
        if isinstance(declared, Collection):
            self._documents[declared.name] = DocumentTable(declared)
        else:
            self._counters[declared.name] = CounterTable(declared)

    def create(self, connection: sqlite3.Connection) -> None:
        """Make in the file what isn't there."""
        for documents in self._documents.values():
            documents.create(connection)
        for counters in self._counters.values():
            counters.create(connection)

    def documents(self, collection: Collection) -> DocumentTable:
        try:
            return self._documents[collection.name]
        except KeyError:
            raise not_opened(collection) from None

    def counters(self, counters: Counters) -> CounterTable:
        try:
            return self._counters[counters.name]
        except KeyError:
            raise not_opened(counters) from None


class SqliteReader(ABC):
    """The reads of the port, by statements that ``_run`` executes."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @abstractmethod
    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result: ...

    def is_opened_with(self, declared: Collection | Counters) -> bool:
        return self.tables.declared.get(declared.name) == declared

    async def get(self, collection: Collection, id: str) -> Document | None:
        return (await self.get_many(collection, [id])).get(id)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> dict[str, Document]:
        table = self.tables.documents(collection)
        return await self._run(partial(table.get_many, ids=[check_id(id) for id in ids]))

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
        table = self.tables.documents(collection)
        query = plan(collection, where, order_by=order_by, descending=descending, limit=limit, cursor=cursor)
        return page(query, await self._run(partial(table.find, query=query)))

    async def counters(self, counters: Counters, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        table = self.tables.counters(counters)
        return await self._run(partial(table.get_many, ids=[check_id(id) for id in ids]))

    async def all_counters(self, counters: Counters, *, prefix: str) -> dict[str, dict[str, int]]:
        table = self.tables.counters(counters)
        return await self._run(partial(table.with_prefix, prefix=check_id(prefix)))

    async def count(self, collection: Collection) -> int:
        return await self._run(self.tables.documents(collection).count)

    async def digest(self, declared: Collection | Counters) -> str:
        if isinstance(declared, Counters):
            return digest_of_counters(await self.all_counters(declared, prefix=""))
        return await self._run(self.tables.documents(declared).digest)
