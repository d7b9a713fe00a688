"""An event log in a file of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.log.sqlite import SqliteEventLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "log.db"


@pytest.fixture
async def log(path: Path) -> AsyncIterator[SqliteEventLog]:
    """Opened, with one topic of four partitions."""
    log = SqliteEventLog(path)
    await log.open(["submissions"], partition_count=4)
    yield log
    await log.close()
