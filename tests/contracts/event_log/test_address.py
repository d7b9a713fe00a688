"""Another process opens the same log by its address."""

from __future__ import annotations

from shared.log import open_log
from shared.log.port import EventLog
from tests.contracts.event_log.things import PARTITION_COUNT, TOPICS, messages


async def test_whoever_opens_the_address_has_the_same_log(log: EventLog) -> None:
    positions = await log.append(TOPICS[0], messages(5))
    address = log.address
    assert address.partition_count == PARTITION_COUNT
    other = open_log(address.url, topic_prefix=address.topic_prefix)
    await other.open(TOPICS, partition_count=address.partition_count)
    ends = await other.ends(TOPICS[0])
    assert sum(ends.values()) == len(positions)
    await other.close()
