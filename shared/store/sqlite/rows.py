"""Rows in and out of SQLite in few steps.

Python's sqlite3 gives up the interpreter at each row that it steps over, and can wait 5 ms to get it back
while the event loop is busy. So many rows go into one statement, and come out as one row: a text of JSON.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar, cast

import orjson

T = TypeVar("T")

_ROWS_AT_ONCE = (256, 32, 4, 1)
_IDS_AT_ONCE = (1, 32, 512)
"""Few sizes, so that statements come prepared out of the cache."""


def threes(rows: sqlite3.Cursor) -> Iterator[tuple[Any, Any, Any]]:
    """The values of ``one_text``, three by three."""
    values = one_text(rows)
    return zip(values[::3], values[1::3], values[2::3], strict=True)


def concatenated(*values: str) -> str:
    """What to select for ``one_text``: these expressions of every row, each of which is JSON."""
    row = " || ',' || ".join(values)
    return f"CAST(group_concat({row}) AS BLOB)"


def one_text(rows: sqlite3.Cursor) -> list[Any]:
    """The values in the one row that a ``concatenated`` statement gave."""
    ((text,),) = rows.fetchall()
    return [] if text is None else cast(list[Any], orjson.loads(b"[%b]" % text))


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """``rows`` in parts of few sizes."""
    start = 0
    while start < len(rows):
        size = next(size for size in _ROWS_AT_ONCE if size <= len(rows) - start)
        yield rows[start : start + size]
        start += size


def parts_of_ids(ids: Sequence[str]) -> Iterator[list[str]]:
    """``ids`` in parts of few sizes: the last of a part is repeated to fill it."""
    most = _IDS_AT_ONCE[-1]
    for start in range(0, len(ids), most):
        part = [*ids[start : start + most]]
        size = next(size for size in _IDS_AT_ONCE if size >= len(part))
        yield part + part[-1:] * (size - len(part))


def flat(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The values of all rows, one after the other."""
    return [*chain.from_iterable(rows)]


def marks(count: int) -> str:
    """``count`` places for values."""
    return ", ".join("?" * count)


def quoted(name: str) -> str:
    """``name`` as an identifier of SQL; declared names hold no quote."""
    return f'"{name}"'
