"""A collection's table: which statements do what the port says."""
# ruff: noqa: S608 - the names in statements are declared ones, checked against a pattern

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from shared.store.bodies import decode_body, index_key
from shared.store.declarations import Row, indexed_fields
from shared.store.digests import EMPTY, Digest
from shared.store.port import Collection, Document, Index
from shared.store.queries import Query
from shared.store.refusals import duplicate, moved
from shared.store.sqlite.rows import concatenated, flat, marks, one_text, parts, parts_of_ids, quoted, threes

_DIGESTED = "id || char(10) || CAST(body AS TEXT) || char(10)"
_DIGESTED_AT_ONCE = 10_000
_DOCUMENTS = concatenated("json_quote(id)", "version", "body")


class DocumentTable:
    """The table of one collection: rowid, id, version, body as JSON, and ``k_<field>``: the index keys.

    A key that is NULL was never computed: the row is older than the index.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.fields = indexed_fields(collection)
        self._name = quoted(collection.name)
        self._keys = "".join(f", {_key(field)}" for field in self.fields)
        self._row = f"(?, 1, ?{', ?' * len(self.fields)})"

    def create(self, connection: sqlite3.Connection) -> None:
        """Make what isn't there: the table, the keys' columns, the indexes, the keys of older rows."""
        keys = "".join(f", {_key(field)} TEXT" for field in self.fields)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self._name} (rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
            f"version INTEGER NOT NULL, body BLOB NOT NULL{keys}) STRICT"
        )
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({self._name})")}
        for field in self.fields:
            if f"k_{field}" not in present:
                connection.execute(f"ALTER TABLE {self._name} ADD COLUMN {_key(field)} TEXT")
        try:
            for index in self.collection.indexes:
                self._create_index(connection, index)
                self._compute_keys(connection, index.fields)
        except sqlite3.IntegrityError as error:
            raise duplicate(self.collection, ["…"]) from error

    def get_many(self, connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for part in parts_of_ids(sorted(ids)):  # neighbours in the index of ids share its pages
            rows = connection.execute(
                f"SELECT {_DOCUMENTS} FROM {self._name} WHERE id IN ({marks(len(part))})", part
            )
            found |= {id: Document(id, version, body) for id, version, body in threes(rows)}
        return found

    def find(self, connection: sqlite3.Connection, query: Query) -> list[Document]:
        """One more than the limit, when there is more."""
        conditions, values = _conditions(query)
        order = "DESC" if query.is_descending else "ASC"
        by = f"{_key(query.order_by)} {order}, " if query.order_by is not None else ""
        indexed = f"INDEXED BY {self._index(query.index.fields)}" if query.index is not None else ""
        rows = connection.execute(
            f"SELECT {_DOCUMENTS} FROM (SELECT id, version, body FROM {self._name} {indexed} "
            f"WHERE {' AND '.join(conditions) or 'TRUE'} ORDER BY {by}id {order} LIMIT ?)",
            [*values, query.limit + 1],
        )
        return [Document(id, version, body) for id, version, body in threes(rows)]

    def count(self, connection: sqlite3.Connection) -> int:
        ((count,),) = connection.execute(f"SELECT count(*) FROM {self._name}").fetchall()
        return int(count)

    def digest(self, connection: sqlite3.Connection) -> str:
        digest, after, values = Digest(), "TRUE", [EMPTY]
        while True:
            ((text, last),) = connection.execute(
                f"SELECT CAST(group_concat({_DIGESTED}, '') AS BLOB), max(id) FROM (SELECT id, body "
                f"FROM {self._name} WHERE body <> ? AND {after} ORDER BY id LIMIT {_DIGESTED_AT_ONCE})",
                values,
            ).fetchall()
            after, values = "id > ?", [EMPTY, last]
            if text is None:
                return digest.hex()
            digest.add_written(text)

    def insert(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        try:
            for part in parts(sorted(rows)):  # neighbours in the index of ids share its pages
                connection.execute(self._insert_into("id, version", self._row, len(part)), flat(part))
        except sqlite3.IntegrityError as error:
            raise duplicate(self.collection, [row[0] for row in rows]) from error

    def insert_each(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> list[bool]:
        """Which of ``rows`` went in: told by the rowid, that is given out ahead and in order."""
        ((last,),) = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {self._name}").fetchall()
        given, added = last, 0
        for part in parts(rows):
            statement = self._insert_into("rowid, id, version", f"(?, {self._row[1:]}", len(part))
            numbered = [(rowid, *row) for rowid, row in enumerate(part, given + 1)]
            added += connection.execute(f"{statement} ON CONFLICT DO NOTHING", flat(numbered)).rowcount
            given += len(part)
        if added == len(rows):
            return [True] * added
        new = connection.execute(f"SELECT {concatenated('rowid')} FROM {self._name} WHERE rowid > ?", [last])
        standing = set(one_text(new))
        return [rowid in standing for rowid in range(last + 1, given + 1)]

    def replace(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Each row after the version that it replaces."""
        keys = "".join(f", {_key(field)} = n.column{place}" for place, field in enumerate(self.fields, 4))
        row = f"(?{', ?' * (len(self.fields) + 2)})"
        replaced = 0
        try:
            for part in parts(rows):
                replaced += connection.execute(
                    f"UPDATE {self._name} SET version = version + 1, body = n.column3{keys} "
                    f"FROM (VALUES {', '.join([row] * len(part))}) AS n "
                    f"WHERE {self._name}.version = n.column1 AND {self._name}.id = n.column2",
                    flat(part),
                ).rowcount
        except sqlite3.IntegrityError as error:
            raise duplicate(self.collection, [id for _, id, *_ in rows]) from error
        if replaced < len(rows):
            raise moved(self.collection, [id for _, id, *_ in rows])

    def delete(self, connection: sqlite3.Connection, id: str, version: int) -> None:
        statement = f"DELETE FROM {self._name} WHERE id = ? AND version = ?"
        if not connection.execute(statement, [id, version]).rowcount:
            raise moved(self.collection, [id])

    def delete_many(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        for part in parts_of_ids(ids):
            connection.execute(f"DELETE FROM {self._name} WHERE id IN ({marks(len(part))})", part)

    def clear(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"DELETE FROM {self._name}")

    def _insert_into(self, columns: str, marks: str, count: int) -> str:
        return f"INSERT INTO {self._name} ({columns}, body{self._keys}) VALUES {', '.join([marks] * count)}"

    def _index(self, fields: Sequence[str]) -> str:
        return quoted(f"{self.collection.name}:{','.join(fields)}")

    def _create_index(self, connection: sqlite3.Connection, index: Index) -> None:
        columns = ", ".join(map(_key, index.fields))
        name = self._index(index.fields)
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {self._name} ({columns}, id)")
        if index.is_unique:
            name = quoted(f"{self.collection.name}:unique:{','.join(index.fields)}")
            valued = " AND ".join(f"{_key(field)} <> ''" for field in index.fields)
            connection.execute(
                f"CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {self._name} ({columns}) WHERE {valued}"
            )

    def _compute_keys(self, connection: sqlite3.Connection, fields: Sequence[str]) -> None:
        missing = " OR ".join(f"{_key(field)} IS NULL" for field in fields)
        older = connection.execute(
            f"SELECT rowid FROM {self._name} INDEXED BY {self._index(fields)} WHERE {missing}"
        ).fetchall()
        update = (
            f"UPDATE {self._name} SET {', '.join(f'{_key(field)} = ?' for field in fields)} WHERE rowid = ?"
        )
        for (rowid,) in older:
            ((text,),) = connection.execute(
                f"SELECT body FROM {self._name} WHERE rowid = ?", [rowid]
            ).fetchall()
            body = decode_body(text)
            connection.execute(update, [*(index_key(body.get(field)) for field in fields), rowid])


def _conditions(query: Query) -> tuple[list[str], list[str | int]]:
    conditions, values = [], list[str | int]()
    for field, key in query.equal:
        conditions.append(f"{_key(field)} = ?")
        values.append(key)
    for field, least, beyond in query.ranges:
        for sign, end in ((">=", least), ("<", beyond)):
            if end is not None:
                conditions.append(f"{_key(field)} {sign} ?")
                values.append(end)
    if query.after is not None:
        sign = "<" if query.is_descending else ">"
        if query.order_by is None:
            conditions.append(f"id {sign} ?")
            values.append(query.after[1])
        else:
            conditions.append(f"({_key(query.order_by)}, id) {sign} (?, ?)")
            values += query.after
    return conditions, values


def _key(field: str) -> str:
    return quoted(f"k_{field}")
