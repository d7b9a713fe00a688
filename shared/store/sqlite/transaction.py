"""A transaction over SQLite tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from shared.store.bodies import check_amount, check_distinct, check_id
from shared.store.declarations import encode
from shared.store.port import Collection, Counters, NewBody
from shared.store.sqlite.file import Worker
from shared.store.sqlite.reader import SqliteReader, Tables
from shared.store.standing import Standing

Result = TypeVar("Result")


class SqliteTransaction(SqliteReader):
    """Calls in the writer's thread, the first of which begins. After an error nothing more can be done."""

    def __init__(self, tables: Tables, writer: Worker) -> None:
        super().__init__(tables)
        self._writer = writer
        self._standing = Standing()
        self.erases = False
        """Whether something was deleted or replaced."""

    async def insert(self, collection: Collection, id: str, body: NewBody) -> None:
        await self.insert_many(collection, [(id, body)])

    async def insert_many(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> None:
        table = self.tables.documents(collection)
        rows = [encode(table.fields, id, body) for id, body in items]
        await self._run(partial(table.insert, rows=rows))

    async def replace(self, collection: Collection, id: str, body: NewBody, *, version: int) -> None:
        await self.replace_many(collection, [(id, body, version)])

    async def replace_many(self, collection: Collection, items: Sequence[tuple[str, NewBody, int]]) -> None:
        table = self.tables.documents(collection)
        rows = [(version, *encode(table.fields, id, body)) for id, body, version in items]
        check_distinct([id for id, _, _ in items])
        self.erases = True
        await self._run(partial(table.replace, rows=rows))

    async def delete(self, collection: Collection, id: str, *, version: int | None = None) -> None:
        if version is None:
            await self.delete_many(collection, [id])
            return
        table = self.tables.documents(collection)
        self.erases = True
        await self._run(partial(table.delete, id=check_id(id), version=version))

    async def delete_many(self, collection: Collection, ids: Sequence[str]) -> None:
        table = self.tables.documents(collection)
        self.erases = True
        await self._run(partial(table.delete_many, ids=[check_id(id) for id in ids]))

    async def increment(
        self,
        counters: Counters,
        amounts: Mapping[str, Mapping[str, int]],
        *,
        shard: int = 0,  # noqa: ARG002 - one writer at a time
    ) -> None:
        """As the port says. Transactions run one after the other: shards would part nothing."""
        table = self.tables.counters(counters)
        rows = [
            (check_id(id), check_id(field), check_amount(amount))
            for id, fields in amounts.items()
            for field, amount in fields.items()
        ]
        await self._run(partial(table.increment, rows=rows))

    async def clear(self, collection: Collection | Counters) -> None:
        if isinstance(collection, Collection):
            work = self.tables.documents(collection).clear
        else:
            work = self.tables.counters(collection).clear
        self.erases = True
        await self._run(work)

    async def commit(self) -> None:
        """Make it durable. Raises what the transaction failed with before."""
        self._standing.check_commit()
        self._standing.end()
        await self._writer.run(_commit)

    async def roll_back(self) -> None:
        """Leave nothing, whatever stands."""
        self._standing.end()
        await self._writer.run(_roll_back)

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._standing.call():
            return await self._writer.run(partial(_begun, work=work))


def _begun(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")
    return work(connection)


def _commit(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            _roll_back(connection)
            raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def in_one_commit(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Do ``work`` as a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    finally:
        _roll_back(connection)
    return result
