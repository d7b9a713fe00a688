"""SQLite's write-ahead mode, also where several processes open the same new file at once."""

from __future__ import annotations

import sqlite3
import time

_PAUSE_S = 0.005


def write_ahead(connection: sqlite3.Connection, patience_s: float) -> None:
    """Put the file of ``connection`` into write-ahead mode, where it stays.

    The change of mode turns a lock for reading into one for writing, and for that SQLite never waits,
    whatever its busy timeout says: it refuses at once, because waiting could lock two such changes against
    each other for ever. So this asks again, for ``patience_s`` seconds.

    Raises sqlite3.OperationalError (SQLITE_BUSY) when the file is still locked after that.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)
