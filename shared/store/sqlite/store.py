"""The store in one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from shared.store.declarations import Row, check_new, encode
from shared.store.grouping import Grouping
from shared.store.port import Collection, Counters, NewBody
from shared.store.sqlite.documents import DocumentTable
from shared.store.sqlite.erasing import Eraser
from shared.store.sqlite.file import Worker, erase_history
from shared.store.sqlite.reader import SqliteReader, Tables
from shared.store.sqlite.transaction import SqliteTransaction, in_one_commit
from shared.store.standing import Holders

Result = TypeVar("Result")

_Insertion = tuple[DocumentTable, Sequence[Row]]


class SqliteStore(SqliteReader):
    """Documents in the file at ``path``, in write-ahead mode, with an fsync at each commit.

    Transactions run one after the other, in the order in which they began, and so never lose. Another process
    may write to the same file; it is waited for up to ``BUSY_TIMEOUT_S``, then RetryLater. Reads outside
    transactions have a connection and a thread of their own and wait for no writer.

    What is deleted or replaced is overwritten with zeros. Its earlier states in the file and the write-ahead
    log are gone ``ERASE_AFTER_S`` after the commit, or once no other process reads them, and at ``close``.
    What the file system or the disk keeps of overwritten blocks is beyond this.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(Tables())
        self._writer = Worker(path, "store-writer")
        self._reader = Worker(path, "store-reader")
        self._writing = asyncio.Lock()
        self._holders = Holders()
        self._insertions = Grouping[_Insertion, list[bool]](self._insert_group, self._writing)
        self._eraser = Eraser(self._erase)

    async def open(self, collections: Sequence[Collection | Counters]) -> None:
        """As the port says; further collections may be opened later.

        Raises ValueError for a file of another kind or version.
        """
        check_new(self.tables.declared, collections)
        tables = Tables()
        for declared in collections:
            tables.add(declared)
        async with self._writing:
            await self._writer.run(partial(in_one_commit, work=tables.create))
        for declared in collections:
            self.tables.add(declared)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTransaction]:
        """As the port says."""
        self._holders.check()
        async with self._writing:
            transaction = SqliteTransaction(self.tables, self._writer)
            try:
                with self._holders.held():
                    yield transaction
                    await transaction.commit()
            except BaseException:
                # The next transaction's calls wait in the thread behind this, even if we are cancelled here.
                await transaction.roll_back()
                raise
            if transaction.erases:
                self._eraser.schedule()

    async def insert_each(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> list[bool]:
        """As the port says; calls that come while another writes share one commit."""
        self._holders.check()
        table = self.tables.documents(collection)
        rows = [encode(table.fields, id, body) for id, body in items]
        return await self._insertions.submit((table, rows))

    async def close(self) -> None:
        """As the port says."""
        await self._insertions.written()
        await self._eraser.close()
        async with self._writing:
            await self._reader.close()
            await self._writer.close()

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await self._reader.run(work)

    async def _insert_group(self, insertions: Sequence[_Insertion]) -> list[list[bool]]:
        return await self._writer.run(
            partial(in_one_commit, work=partial(_insert_all, insertions=insertions))
        )

    async def _erase(self) -> bool:
        async with self._writing:
            return await self._writer.run(erase_history)


def _insert_all(connection: sqlite3.Connection, insertions: Sequence[_Insertion]) -> list[list[bool]]:
    """All rows of a table together, and the outcomes dealt out again."""
    rows: dict[DocumentTable, list[Row]] = {}
    for table, given in insertions:
        rows.setdefault(table, []).extend(given)
    outcomes = {table: iter(table.insert_each(connection, given)) for table, given in rows.items()}
    return [[next(outcomes[table]) for _ in given] for table, given in insertions]
