"""What a service does to its store, beside plain sqlite3 in a thread: a batch's transaction, and single inserts.

The reference writes and reads row by row, with the same durability, and has a table without indexes, as ours.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import orjson

from bench.harness import Comparison, arguments, compare, report
from shared.store import open_store
from shared.store.port import Body, Collection, Counters, Store

THINGS = Collection("bench.things")
COUNTS = Counters("bench.counts")
SECONDS = 1.0
BATCH = 2_000
COUNTER_COUNT = 14
CALLERS = 64

Item = tuple[str, Body]
Work = Callable[[Sequence[Item]], Awaitable[object]]


class PlainSqlite:
    """sqlite3 as one would write it at first."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE things (rowid INTEGER PRIMARY KEY, id TEXT UNIQUE, version INTEGER, body TEXT);"
            "CREATE TABLE counts (id TEXT PRIMARY KEY, value INTEGER);"
        )

    async def apply_batch(self, items: Sequence[Item]) -> None:
        """Insert all, read them again and count, in one transaction."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._apply_batch, items)

    async def insert_one(self, items: Sequence[Item]) -> None:
        """Insert in a transaction of its own."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._insert, items)

    async def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()
        self._connection.close()

    def _apply_batch(self, items: Sequence[Item]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._insert(items)
        marks = ",".join("?" * len(items))
        rows = self._connection.execute(
            f"SELECT id, version, body FROM things WHERE id IN ({marks})", [id for id, _ in items]
        )
        assert len({id: (version, orjson.loads(body)) for id, version, body in rows}) == len(items)
        self._connection.executemany(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET value = value + 1",
            [(f"u{n}",) for n in range(COUNTER_COUNT)],
        )
        self._connection.execute("COMMIT")

    def _insert(self, items: Sequence[Item]) -> None:
        self._connection.executemany(
            "INSERT INTO things (id, version, body) VALUES (?, 1, ?)",
            [(id, orjson.dumps(body).decode()) for id, body in items],
        )


async def apply_batch(store: Store, items: Sequence[Item]) -> None:
    """As PlainSqlite does."""
    async with store.transaction() as transaction:
        await transaction.insert_many(THINGS, items)
        assert len(await transaction.get_many(THINGS, [id for id, _ in items])) == len(items)
        await transaction.increment(COUNTS, {f"u{n}": {"interviews": 1} for n in range(COUNTER_COUNT)})


def new_items(count: int) -> list[Item]:
    """Documents of about 300 bytes."""
    answers = {f"q{n:02}": f"option{n}" for n in range(12)}
    return [
        (str(uuid4()), {"unit": "吴江区", "status": "received", "answers": answers}) for _ in range(count)
    ]


async def rate(work: Work, callers: int, size: int) -> float:
    """Documents a second, in calls of ``size``; each caller waits for one call before the next."""
    busy_s, done = 0.0, 0
    while busy_s < SECONDS:
        calls = [work(new_items(size)) for _ in range(callers)]
        start = perf_counter()
        await asyncio.gather(*calls)
        busy_s += perf_counter() - start
        done += callers * size
    return done / busy_s


async def measure(directory: Path, pairs: int) -> list[Comparison]:
    """Compare the SQLite store with plain sqlite3, both with files in ``directory``."""
    async with AsyncExitStack() as stack:
        plain = PlainSqlite(directory / "plain.db")
        stack.push_async_callback(plain.close)
        store = open_store(f"sqlite:///{directory}/store.db")
        stack.push_async_callback(store.close)
        await store.open([THINGS, COUNTS])
        return [
            await compare(
                f"store: transaction of {BATCH}",
                partial(rate, partial(apply_batch, store), 1, BATCH),
                partial(rate, plain.apply_batch, 1, BATCH),
                pairs=pairs,
            ),
            await compare(
                f"store: single inserts, {CALLERS} callers",
                partial(rate, partial(store.insert_each, THINGS), CALLERS, 1),
                partial(rate, plain.insert_one, CALLERS, 1),
                pairs=pairs,
            ),
        ]


async def main() -> None:
    """Measure and print."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        report(await measure(Path(name), options.pairs), as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
