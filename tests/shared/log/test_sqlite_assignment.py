"""What a member of the SQLite log's groups is told, it can act on at once."""

from __future__ import annotations

import asyncio

from shared.log.port import TopicPartition
from shared.log.sqlite import SqliteEventLog
from tests.contracts.event_log.things import Listener, message, values


async def test_a_poll_with_nothing_to_return_ends_when_partitions_have_come(log: SqliteEventLog) -> None:
    """Its reader may know better than the group where to begin, and is not to wait for it."""
    await log.append("submissions", [message("m")])
    ends = await log.ends("submissions")
    first = await log.subscribe(["submissions"], group="readers", listener=Listener())
    while not await first.poll(10, 0.1):
        """It reads what is there."""
    await first.commit(ends)
    await first.close()
    second = await log.subscribe(["submissions"], group="readers", listener=Listener())
    async with asyncio.timeout(30):
        assert not await second.poll(10, max_wait_s=1000.0)
    for partition in ends:
        second.seek(TopicPartition("submissions", partition.partition), 0)
    assert values(await second.poll(10, 10.0)) == [b"m"]
    await second.close()
