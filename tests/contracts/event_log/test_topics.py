"""What ``open``, ``ends`` and the prefix promise."""

import pytest

from shared.errors import RetryLater
from shared.log import open_log
from shared.log.port import EventLog
from tests.contracts.event_log.conftest import MakeLog
from tests.contracts.event_log.things import PARTITION_COUNT, Listener, Reader, messages, partitions_of


async def test_a_topic_keeps_the_partitions_it_was_made_with(log: EventLog, make_log: MakeLog) -> None:
    again = make_log()
    await again.open(["submissions", "notices"], partition_count=7)
    assert (await again.ends("submissions")).keys() == partitions_of("submissions", PARTITION_COUNT)
    assert (await again.ends("notices")).keys() == partitions_of("notices", 7)


async def test_nothing_works_before_open_and_says_so(make_log: MakeLog) -> None:
    log = make_log()
    with pytest.raises(RetryLater):
        await log.append("submissions", messages(1))
    with pytest.raises(RetryLater):
        await log.subscribe(["submissions"], group="g", listener=Listener())
    with pytest.raises(RetryLater):
        await log.ends("submissions")
    with pytest.raises(RetryLater):
        await log.committed("submissions", group="g")


async def test_topics_can_be_opened_bit_by_bit(log: EventLog) -> None:
    await log.append("submissions", messages(5))
    await log.open(["quota"], partition_count=2)
    await log.append("quota", messages(3))
    assert sum((await log.ends("submissions")).values()) == 5
    assert sum((await log.ends("quota")).values()) == 3


async def test_ends_count_what_stands_in_each_partition(log: EventLog) -> None:
    positions = await log.append("submissions", messages(40))
    ends = await log.ends("submissions")
    for partition in partitions_of("submissions"):
        of_partition = [p.next_offset for p in positions if p.partition == partition.partition]
        assert ends[partition] == max(of_partition, default=0)


async def test_ends_see_what_another_log_appended(log: EventLog, make_log: MakeLog) -> None:
    other = make_log()
    await other.open(["submissions"], partition_count=1)
    await other.append("submissions", messages(10))
    assert sum((await log.ends("submissions")).values()) == 10


async def test_prefixes_keep_systems_apart(log: EventLog, log_url: str, log_prefix: str) -> None:
    await log.append("submissions", messages(3))
    other = open_log(log_url, topic_prefix=log_prefix + "other.")
    try:
        await other.open(["submissions"], partition_count=2)
        await other.append("submissions", messages(8, name="other"))
        reader = Reader(await other.subscribe(["submissions"], group="g", listener=Listener()))
        await reader.until_count(8)
        await reader.subscriptions[0].commit(dict.fromkeys(partitions_of("submissions", 2), 1))
        assert {tp.topic for tp in reader.found} == {"submissions"}
        assert sum((await other.ends("submissions")).values()) == 8
        assert sum((await log.ends("submissions")).values()) == 3
        assert set((await log.committed("submissions", group="g")).values()) == {0}
    finally:
        await other.close()
