"""The file of a SqliteStore: its settings, the threads that use it, and what its errors mean."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from shared.errors import RetryLater
from shared.store.uninterrupted import uninterrupted
from shared.write_ahead import write_ahead

Result = TypeVar("Result")

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process that writes to the same file."""

_APPLICATION_ID = 0x64667473  # "dfts"
_FORMAT_VERSION = 1
_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # zeros over what is deleted
    "PRAGMA temp_store = MEMORY",  # no copy of the content in a temporary file
    "PRAGMA cache_size = -32000",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: random ids dirty many of them, again and again
    "PRAGMA journal_size_limit = 67108864",
)
_PASSING = {
    sqlite3.SQLITE_BUSY: "另一个进程正在写入",
    sqlite3.SQLITE_LOCKED: "另一个进程正在写入",
    sqlite3.SQLITE_READONLY: "文件是只读的",
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_CANTOPEN: "文件打不开",
}


class Worker:
    """One connection to the file, and the one thread that uses it, in the order of the calls."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do ``work`` in the thread, and do it also when the caller is cancelled meanwhile.

        Raises RetryLater when the file can't be used for now.
        """
        return await uninterrupted(asyncio.wrap_future(self._thread.submit(self._do, work)))

    async def close(self) -> None:
        """Do what was asked for, then let go of the file and the thread; nothing the second time."""
        if self._is_closed:
            return
        self._is_closed = True
        await uninterrupted(asyncio.wrap_future(self._thread.submit(self._disconnect)))
        self._thread.shutdown(wait=False)

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            if self._connection is None:
                self._connection = _connect(self._path)
            return work(self._connection)
        except sqlite3.OperationalError as error:
            reason = _PASSING.get(error.sqlite_errorcode & 0xFF)
            if reason is None:
                raise
            raise RetryLater(f"暂时不能读写 {self._path.name}：{reason}（{error}）") from error
        except OSError as error:
            raise RetryLater(f"暂时不能读写 {self._path.name}：{error}") from error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def erase_history(connection: sqlite3.Connection) -> bool:
    """Empty the write-ahead log, where earlier states of rows stand. False when a reader needs them."""
    connection.execute("PRAGMA busy_timeout = 100")
    try:
        is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(_SETTINGS[0])
    return not is_busy


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    with ExitStack() as closing:
        closing.callback(connection.close)
        connection.execute(_SETTINGS[0])
        _check_kind(connection, path)
        write_ahead(connection, BUSY_TIMEOUT_S)
        for setting in _SETTINGS:
            connection.execute(setting).fetchall()
        closing.pop_all()
    return connection


def _check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Mark an empty file as a store, and refuse one of another kind or version (ValueError)."""
    try:
        if _is_unmarked(connection):
            _mark(connection)
        ((application_id,),) = connection.execute("PRAGMA application_id").fetchall()
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise ValueError(f"{path} 不是 SQLite 文件，不能用作存储：请换一个路径") from error
    if application_id != _APPLICATION_ID:
        raise ValueError(f"{path} 是别的程序的 SQLite 文件，不能用作存储：请换一个路径")
    if version != _FORMAT_VERSION:
        raise ValueError(f"{path} 的存储格式是第 {version} 版，本程序读写第 {_FORMAT_VERSION} 版")


def _is_unmarked(connection: sqlite3.Connection) -> bool:
    ((application_id,),) = connection.execute("PRAGMA application_id").fetchall()
    return not application_id and not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()


def _mark(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_unmarked(connection):  # still: another process may have been faster
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_FORMAT_VERSION}")
    finally:
        connection.execute("COMMIT")
