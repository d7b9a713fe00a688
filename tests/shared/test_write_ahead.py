"""A new file comes into write-ahead mode, also while somebody else looks at it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.write_ahead import write_ahead


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "new.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    connection.close()
    return path


@pytest.fixture
def onlooker(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of another that reads: nobody can change the file's mode as long as it does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN")
    connection.execute("SELECT * FROM t").fetchall()
    yield connection
    connection.close()


def test_it_waits_until_the_other_has_read(path: Path, onlooker: sqlite3.Connection) -> None:
    connection = sqlite3.connect(path, timeout=0)
    threading.Timer(0.1, onlooker.execute, ["COMMIT"]).start()

    write_ahead(connection, patience_s=60)

    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.usefixtures("onlooker")
def test_it_gives_up_when_patience_ends(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=0)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(connection, patience_s=0.02)
    connection.close()


def test_another_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("dear all, " * 100)
    connection = sqlite3.connect(path)

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        write_ahead(connection, patience_s=60)
    connection.close()
