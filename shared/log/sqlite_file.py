"""The file of the SQLite log: its tables, its connections, and what SQLite's errors mean to a caller.

A topic has a table of *segments*. A segment is a run of messages that one commit added to one partition, as
concatenated MessagePack arrays; it is numbered by ``seq``, the messages of the topic that stand before it.
So appends always go to the end of one B-tree, however many partitions they touch, and the primary key makes
two processes that append at the same place collide instead of overwriting each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from shared.errors import Invalid, RetryLater
from shared.write_ahead import write_ahead

APPLICATION_ID = 0x44465430  # "DFT0": an event log of dafangtan
FORMAT_VERSION = 1
PAGE_BYTES = 16_384  # measured: larger ones make large commits and checkpoints cheaper, small ones no dearer
BUSY_TIMEOUT_S = 5.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partition_count INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS marks (
  topic_id INTEGER NOT NULL, partition INTEGER NOT NULL, first_offset INTEGER NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (topic_id, partition, first_offset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
  group_name TEXT NOT NULL, topic_id INTEGER NOT NULL, partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL, PRIMARY KEY (group_name, topic_id, partition)
) WITHOUT ROWID;
"""

SEGMENTS_SCHEMA = """
CREATE TABLE segments_{topic_id} (
  seq INTEGER PRIMARY KEY, partition INTEGER NOT NULL, first_offset INTEGER NOT NULL,
  message_count INTEGER NOT NULL, start_byte INTEGER NOT NULL, payload BLOB NOT NULL
)
"""

_REASONS = {
    sqlite3.SQLITE_BUSY: "另一个程序正占用着它",
    sqlite3.SQLITE_LOCKED: "另一个程序正占用着它",
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
    sqlite3.SQLITE_READONLY: "它是只读的",
    sqlite3.SQLITE_CANTOPEN: "打不开",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_PROTOCOL: "取不到它的锁",
    sqlite3.SQLITE_NOMEM: "内存不足",
}


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One message inside a segment."""

    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


@contextmanager
def retrying_later(path: Path) -> Iterator[None]:
    """Turn what passes by itself (lock, full disk, I/O) into RetryLater; let the rest (a bug, a broken
    file) through."""
    try:
        yield
    except OSError as error:
        raise RetryLater(f"事件日志文件 {path} 暂时用不了：{error}。") from error
    except sqlite3.Error as error:
        reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if reason is None:
            raise
        raise RetryLater(f"事件日志文件 {path} 暂时用不了：{reason}（{error}）。") from error


def connect(path: Path) -> sqlite3.Connection:
    """Open one connection to a log's file, for use by one thread at a time.

    Durable: a commit returns after fdatasync of the write-ahead log. Checkpoints are left to the writer.
    """
    if not path.exists():
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    with ExitStack() as closing:
        closing.callback(connection.close)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        closing.pop_all()
    return connection


def prepare(path: Path) -> sqlite3.Connection:
    """Open the file, make it a log if it is new, and return a connection.

    Raises Invalid when it is something else or of another version, RetryLater when it can't be opened now.
    """
    with retrying_later(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = connect(path)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise _not_a_log(path) from error
        with ExitStack() as closing:
            closing.callback(connection.close)
            _check_or_create(connection, path)
            closing.pop_all()
    return connection


def _check_or_create(connection: sqlite3.Connection, path: Path) -> None:
    found = _kind(connection)
    if found == (0, 0, 0):
        _create(connection)
        found = _kind(connection)
    application_id, version, _ = found
    if application_id != APPLICATION_ID:
        raise _not_a_log(path)
    if version != FORMAT_VERSION:
        raise Invalid(f"事件日志文件 {path} 的格式是第 {version} 版，本程序只认第 {FORMAT_VERSION} 版。")


def _not_a_log(path: Path) -> Invalid:
    return Invalid(f"{path} 不是大访谈的事件日志文件：请换一个路径，或检查日志地址的设置。")


@contextmanager
def one_commit(connection: sqlite3.Connection) -> Iterator[None]:
    """What is executed within stands as a whole, durable on leaving, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _kind(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """What the file says it is: application id, version, and how many tables it has."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return application_id, version, table_count


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    write_ahead(connection, BUSY_TIMEOUT_S)
    with one_commit(connection):
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
