"""The table of one set of counters."""
# ruff: noqa: S608 - the names in statements are declared ones, checked against a pattern

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from shared.store.bodies import after_prefix
from shared.store.port import Counters
from shared.store.sqlite.rows import concatenated, flat, marks, parts, parts_of_ids, quoted, threes

_FIELDS = concatenated("json_quote(id)", "json_quote(field)", "value")


class CounterTable:
    """A row for each id and field."""

    def __init__(self, counters: Counters) -> None:
        self._name = quoted(counters.name)

    def create(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self._name} (id TEXT NOT NULL, field TEXT NOT NULL, "
            "value INTEGER NOT NULL, PRIMARY KEY (id, field)) STRICT, WITHOUT ROWID"
        )

    def get_many(self, connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for part in parts_of_ids(ids):
            found |= self._select(connection, f"id IN ({marks(len(part))})", part)
        return found

    def with_prefix(self, connection: sqlite3.Connection, prefix: str) -> dict[str, dict[str, int]]:
        beyond = after_prefix(prefix)
        if beyond is None:
            return self._select(connection, "id >= ?", [prefix])
        return self._select(connection, "id >= ? AND id < ?", [prefix, beyond])

    def increment(self, connection: sqlite3.Connection, rows: Sequence[tuple[str, str, int]]) -> None:
        try:
            for part in parts(rows):
                connection.execute(
                    f"INSERT INTO {self._name} VALUES {', '.join(['(?, ?, ?)'] * len(part))} "
                    "ON CONFLICT (id, field) DO UPDATE SET value = value + excluded.value",
                    flat(part),
                )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"a counter of {self._name} would leave 64 bits: {error}") from error

    def clear(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"DELETE FROM {self._name}")

    def _select(
        self, connection: sqlite3.Connection, condition: str, values: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        text = connection.execute(
            f"SELECT {_FIELDS} FROM {self._name} WHERE {condition}",
            values,
        )
        for id, field, value in threes(text):
            found.setdefault(id, {})[field] = value
        return found
