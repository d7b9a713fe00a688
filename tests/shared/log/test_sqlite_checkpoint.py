"""The write-ahead log stays small, whatever is appended and read meanwhile."""

import asyncio
from pathlib import Path

from shared.log.port import Message
from shared.log.sqlite import SqliteEventLog
from shared.log.sqlite_checkpoint import CHECKPOINT_EVERY_BYTES
from tests.contracts.event_log.things import Listener

VALUE = b"x" * 20_000


async def test_steady_appends_do_not_let_it_grow(log: SqliteEventLog, path: Path) -> None:
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    read = 0

    async def keep_appending(key: str) -> None:
        for _ in range(300):
            await log.append("submissions", [Message(key, (), VALUE)])

    async def keep_reading() -> None:
        nonlocal read
        while read < 8 * 300:
            read += sum(map(len, (await subscription.poll(100, 1)).values()))

    await asyncio.gather(keep_reading(), *(keep_appending(str(n)) for n in range(8)))
    written = 8 * 300 * len(VALUE)
    assert size(path.with_name("log.db-wal")) < 4 * CHECKPOINT_EVERY_BYTES < written
    assert size(path) > written - 3 * CHECKPOINT_EVERY_BYTES


def size(path: Path) -> int:
    return path.stat().st_size
