"""Copying what was appended from the write-ahead log into the database, beside the appends.

SQLite starts its write-ahead log over only when all of it was copied and nobody reads it. Under a steady
stream of appends and polls that moment never comes by itself and the file would grow for ever; so the bulk
is copied by a thread of its own, and the writer copies the small rest between two commits and waits for the
reads under way. A log that is started over is also faster: overwriting a file needs no change of its size to
become durable.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from queue import SimpleQueue

from shared.log.sqlite_file import BUSY_TIMEOUT_S, PAGE_BYTES, connect

CHECKPOINT_EVERY_BYTES = 8_000_000
MOST_WAITING_BYTES = 3 * CHECKPOINT_EVERY_BYTES
"""When so much waits to be copied, the writer waits for the copying: on a busy machine that might never catch up."""
MAX_WAIT_FOR_READS_MS = 50

_logger = logging.getLogger(__name__)


class Checkpointer:
    """Decides when to copy. All methods are the writer thread's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written_bytes = 0
        self._is_copying = False
        self._is_bulk_copied = threading.Event()
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-checkpoint", daemon=True)
        self._thread.start()

    def after_commit(self, connection: sqlite3.Connection, payload_bytes: int) -> None:
        """Note a commit, and copy or have copied what is due."""
        self._written_bytes += payload_bytes + 2 * PAGE_BYTES
        if self._is_copying and self._written_bytes > MOST_WAITING_BYTES:
            self._is_bulk_copied.wait(BUSY_TIMEOUT_S)
        if self._is_bulk_copied.is_set():
            self._is_bulk_copied.clear()
            _finish(connection)
            self._written_bytes = 0
            self._is_copying = False
        elif self._written_bytes > CHECKPOINT_EVERY_BYTES and not self._is_copying:
            self._is_copying = True
            self._orders.put(True)

    def stop(self) -> None:
        """Wait for the copying under way and end the thread."""
        self._orders.put(False)
        self._thread.join()

    def _run(self) -> None:
        connection = connect(self._path)
        try:
            while self._orders.get():
                _checkpoint(connection, "PASSIVE")
                _checkpoint(
                    connection, "PASSIVE"
                )  # what came meanwhile, so that little is left for the writer
                self._is_bulk_copied.set()
        finally:
            connection.close()


def _finish(connection: sqlite3.Connection) -> None:
    """Copy the rest, so that the next commit starts the write-ahead log over, if readers let it."""
    connection.execute(f"PRAGMA busy_timeout={MAX_WAIT_FOR_READS_MS}")
    _checkpoint(connection, "RESTART")
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")


def _checkpoint(connection: sqlite3.Connection, mode: str) -> None:
    """Copy. What can't be done now is tried again the next time."""
    try:
        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except sqlite3.Error as error:
        _logger.warning("log_checkpoint_failed reason=%s", error)
