"""Losing partitions without noticing, which Kafka does to a member and no test can make it do on time."""

import asyncio
from pathlib import Path

from shared.log.port import TopicPartition
from shared.log.sqlite import SqliteEventLog
from tests.contracts.event_log.things import Listener, Reader, messages, partitions_of

ALL = partitions_of("submissions")


async def joined(log: SqliteEventLog, listener: Listener) -> Reader:
    reader = Reader(await log.subscribe(["submissions"], group="g", listener=listener))
    await reader.turn(0)
    await reader.until(lambda: bool(listener.has))
    return reader


async def test_the_loser_finds_out_at_its_next_poll(log: SqliteEventLog) -> None:
    a, b = Listener(), Listener()
    reads_a, reads_b = await joined(log, a), await joined(log, b)
    had = a.has
    await log.append("submissions", messages(100))
    await reads_a.until(lambda: reads_a.found.keys() == had)
    await log.force_revoke(reads_a.subscriptions[0], had)
    assert b.has == ALL
    assert a.has == had == reads_a.subscriptions[0].assignment()
    await reads_b.until_count(100)
    assert reads_b.found.keys() == ALL
    await reads_a.turn()
    assert ("", "revoked", had) in a.notes


async def test_the_loser_cannot_commit_what_it_lost(log: SqliteEventLog) -> None:
    a = Listener()
    reads_a = await joined(log, a)
    await joined(log, Listener())
    lost = a.has
    await log.force_revoke(reads_a.subscriptions[0], lost)
    await reads_a.subscriptions[0].commit(dict.fromkeys(ALL, 7))
    assert set((await log.committed("submissions", group="g")).values()) == {0}


async def test_the_loser_gets_a_share_again(log: SqliteEventLog) -> None:
    a, b = Listener(), Listener()
    reads_a, reads_b = await joined(log, a), await joined(log, b)
    await log.force_revoke(reads_a.subscriptions[0], a.has)
    both = Reader(*reads_a.subscriptions, *reads_b.subscriptions)
    await both.until(lambda: len(a.has) == len(b.has) == 2 and a.has | b.has == ALL)


async def test_alone_it_gets_back_what_it_lost_and_reads_from_the_commit(log: SqliteEventLog) -> None:
    listener = Listener()
    reader = await joined(log, listener)
    await log.append("submissions", messages(100))
    await reader.until_count(100)
    subscription = reader.subscriptions[0]
    lost = frozenset({TopicPartition("submissions", 1)})
    await subscription.commit(dict.fromkeys(lost, 5))
    await log.force_revoke(subscription, lost)
    again = Reader(subscription)
    end = (await log.ends("submissions"))[TopicPartition("submissions", 1)]
    await again.until_count(end - 5)
    assert listener.notes[-2:] == [("", "revoked", lost), ("", "assigned", lost)]
    assert again.found.keys() == lost


async def test_a_poll_under_way_finds_out_at_once(log: SqliteEventLog) -> None:
    a, b = Listener(), Listener()
    reads_a, _ = await joined(log, a), await joined(log, b)
    had = a.has
    polling = asyncio.create_task(reads_a.subscriptions[0].poll(10, 0.5))
    await asyncio.sleep(0)
    await log.force_revoke(reads_a.subscriptions[0], had)
    await polling
    assert ("", "revoked", had) in a.notes


async def test_a_member_that_stopped_polling_is_replaced(path: Path) -> None:
    log = SqliteEventLog(path, max_poll_interval_s=0.3)
    await log.open(["submissions"], partition_count=4)
    silent, lively = Listener(), Listener()
    reads_silent, reads_lively = await joined(log, silent), await joined(log, lively)
    await reads_lively.until(lambda: lively.has == ALL)
    both = Reader(*reads_silent.subscriptions, *reads_lively.subscriptions)
    await both.until(lambda: len(silent.has) == len(lively.has) == 2)
    await log.close()
