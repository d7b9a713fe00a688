"""What a fold writes to its store, written down batch by batch, and written again as bare statements."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, cast

from pymongo import MongoClient, ReplaceOne, UpdateOne
from pymongo.collection import Collection as MongoCollection

from shared.store import open_store
from shared.store.bodies import encode_body
from shared.store.mongo.documents import increments, shard_of, to_stored
from shared.store.port import Collection, Counters, NewBody, Store, Transaction


class Write(NamedTuple):
    """One row: a document at its version, or a field of a counter that grows."""

    kind: str
    table: Collection | Counters
    values: tuple[Any, ...]


Batch = Sequence[Write]


class _Noting:
    """A transaction that notes what is written and does it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.writes: list[Write] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    async def insert_many(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> None:
        self.writes += [Write("insert", collection, (id, encode_body(body))) for id, body in items]
        await self._transaction.insert_many(collection, items)

    async def replace_many(self, collection: Collection, items: Sequence[tuple[str, NewBody, int]]) -> None:
        self.writes += [
            Write("replace", collection, (id, encode_body(body), version)) for id, body, version in items
        ]
        await self._transaction.replace_many(collection, items)

    async def increment(
        self, counters: Counters, amounts: Mapping[str, Mapping[str, int]], *, shard: int = 0
    ) -> None:
        self.writes += [
            Write("increment", counters, (id, name, amount, shard))
            for id, fields in amounts.items()
            for name, amount in fields.items()
        ]
        await self._transaction.increment(counters, amounts, shard=shard)


@dataclass(slots=True)
class NotingStore:
    """A store whose transactions' writes are noted in ``batches``; in all else it is ``store``."""

    store: Store
    batches: list[Batch] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One that is noted once it stands."""
        async with self.store.transaction() as transaction:
            noting = _Noting(transaction)
            yield cast(Transaction, noting)
        if noting.writes:
            self.batches.append(noting.writes)


async def write_to_sqlite(
    path: Path, declared: Sequence[Collection | Counters], batches: Iterable[Batch]
) -> float:
    """Seconds that the batches take as bare statements, each batch in one transaction, as durable as the store's."""
    store = open_store(f"sqlite:///{path}")
    await store.open(declared)  # the tables
    await store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 4000",
        "cache_size = -32000",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    prepared = [list(_statements(batch)) for batch in batches]
    began_s = perf_counter()
    for statements in prepared:
        connection.execute("BEGIN IMMEDIATE")
        for statement, rows in statements:
            connection.executemany(statement, rows)
        connection.execute("COMMIT")
    took_s = perf_counter() - began_s
    connection.close()
    return took_s


def _statements(batch: Batch) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    for (kind, table), group in groupby(batch, key=lambda write: (write.kind, write.table)):
        name = f'"{table.name}"'
        rows = [write.values for write in group]
        if kind == "insert":
            yield f"INSERT INTO {name} (id, version, body) VALUES (?, 1, ?)", rows
        elif kind == "replace":
            statement = f"UPDATE {name} SET version = version + 1, body = ? WHERE id = ? AND version = ?"
            yield statement, [(body, id, version) for id, body, version in rows]
        else:
            statement = (
                f"INSERT INTO {name} VALUES (?, ?, ?) "
                "ON CONFLICT (id, field) DO UPDATE SET value = value + excluded.value"
            )
            yield statement, [(id, name, amount) for id, name, amount, _ in rows]


def write_to_mongo(url: str, database: str, batches: Iterable[Batch]) -> float:
    """Seconds that the batches take as bare commands of the driver, each batch in one transaction."""
    client: MongoClient[dict[str, Any]] = MongoClient(url, w="majority", journal=True)
    tables = client[database]
    prepared = [list(_commands(batch)) for batch in batches]
    for name in {name for commands in prepared for name, _, _ in commands}:
        tables.create_collection(name)
    began_s = perf_counter()
    for commands in prepared:
        with client.start_session() as session, session.start_transaction():
            for name, kind, requests in commands:
                collection: MongoCollection[dict[str, Any]] = tables[name]
                if kind == "insert":
                    collection.insert_many(requests, session=session)
                else:
                    collection.bulk_write(requests, ordered=False, session=session)
    took_s = perf_counter() - began_s
    client.drop_database(database)
    client.close()
    return took_s


def _commands(batch: Batch) -> Iterator[tuple[str, str, list[Any]]]:
    for (kind, table), group in groupby(batch, key=lambda write: (write.kind, write.table)):
        rows = [write.values for write in group]
        if kind == "insert":
            yield table.name, kind, [to_stored((), id, body, 1) for id, body in rows]
        elif kind == "replace":
            yield (
                table.name,
                kind,
                [
                    ReplaceOne({"_id": id, "v": version}, to_stored((), id, body, version + 1))
                    for id, body, version in rows
                ],
            )
        else:
            yield table.name, kind, [*_growth(rows)]


def _growth(rows: Iterable[tuple[str, str, int, int]]) -> Iterator[UpdateOne]:
    for (id, shard), group in groupby(rows, key=lambda row: (row[0], row[3])):
        yield UpdateOne(
            {"_id": shard_of(id, shard)}, increments({name: n for _, name, n, _ in group}), upsert=True
        )
