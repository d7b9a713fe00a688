"""What members of a group can rely on."""

import asyncio
from collections.abc import Mapping
from time import monotonic

import pytest

from shared.log.port import EventLog, TopicPartition
from tests.contracts.event_log.conftest import MakeLog
from tests.contracts.event_log.things import (
    PARTITION_COUNT,
    PATIENCE_S,
    TOPICS,
    Listener,
    Reader,
    is_in_order,
    messages,
    partitions_of,
    until,
)

ALL = partitions_of("submissions")


async def joined(log: EventLog, listener: Listener, *, group: str = "readers") -> Reader:
    """A new member that has polled once."""
    subscription = await log.subscribe(["submissions"], group=group, listener=listener)
    listener.subscription = subscription
    reader = Reader(subscription)
    await reader.turn()
    return reader


async def read_to_the_end(log: EventLog, count: int) -> Mapping[TopicPartition, int]:
    """Append so many messages, and let a member read them all, commit and leave; gives where the log ends."""
    await log.append("submissions", messages(count))
    ends = await log.ends("submissions")
    reader = await joined(log, Listener())
    await reader.until_count(count)
    await reader.subscriptions[0].commit(ends)
    await reader.subscriptions[0].close()
    return ends


async def settled(*members: tuple[Reader, Listener]) -> None:
    """Poll until the members have all partitions between them, each its share."""
    share = len(ALL) / len(members)

    def is_shared_out() -> bool:
        has = [listener.has for _, listener in members]
        return frozenset().union(*has) == ALL and all(share - 1 < len(part) < share + 1 for part in has)

    readers = [reader for reader, _ in members]
    everybody = Reader(*(subscription for reader in readers for subscription in reader.subscriptions))
    await everybody.until(is_shared_out)
    for partition, found in everybody.found.items():
        readers[0].found.setdefault(partition, []).extend(found)


async def test_the_first_member_gets_everything(log: EventLog) -> None:
    listener = Listener()
    reader = await joined(log, listener)
    await settled((reader, listener))
    assert reader.subscriptions[0].assignment() == ALL


async def test_members_share_the_partitions_out(log: EventLog) -> None:
    a, b = Listener("a"), Listener("b")
    reads_a, reads_b = await joined(log, a), await joined(log, b)
    await settled((reads_a, a), (reads_b, b))
    await log.append("submissions", messages(200))
    both = Reader(*reads_a.subscriptions, *reads_b.subscriptions)
    await both.until_count(200)
    assert len(set(both.values)) == len(both.values) == 200
    assert not a.has & b.has
    assert a.has == reads_a.subscriptions[0].assignment()


async def test_a_member_more_than_partitions_stays_idle(log: EventLog) -> None:
    listeners = [Listener() for _ in range(PARTITION_COUNT + 1)]
    members = [(await joined(log, listener), listener) for listener in listeners]
    everybody = Reader(*(reader.subscriptions[0] for reader, _ in members))
    await everybody.until(lambda: sorted(len(one.has) for one in listeners) == [0, 1, 1, 1, 1])


async def test_what_moves_is_revoked_before_it_is_assigned(log: EventLog) -> None:
    notes: list[tuple[str, str, frozenset[TopicPartition]]] = []
    a, b = Listener("a", notes), Listener("b", notes)
    reads_a = await joined(log, a)
    await settled((reads_a, a))
    reads_b = await joined(log, b)
    await settled((reads_a, a), (reads_b, b))
    owner: dict[TopicPartition, str] = {}
    for name, event, partitions in notes:
        for partition in partitions:
            if event == "assigned":
                assert owner.setdefault(partition, name) == name, f"{partition} had two members"
            else:
                assert owner.pop(partition) == name


async def test_a_poll_while_others_are_slow_to_let_go_is_in_time_and_loses_nothing(log: EventLog) -> None:
    class Slow(Listener):
        async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
            await asyncio.sleep(4)  # the work under way takes its time
            await super().revoked(partitions)

    await log.append("submissions", messages(60))
    slow, other = Slow(), Listener()
    reads_slow = await joined(log, slow)
    await settled((reads_slow, slow))
    subscription = await log.subscribe(["submissions"], group="readers", listener=other)
    start = monotonic()
    assert await subscription.poll(1000, 0.3) == {}
    assert monotonic() - start < 3
    reader = Reader(subscription, max_messages=3)
    while not reader.values or set((await subscription.lag()).values()) != {0}:
        before = len(reader.values)
        await reader.turn()
        assert len(reader.values) <= before + 3
    assert reader.found.keys() <= other.has
    assert {part[0].offset for part in reader.found.values()} == {0}
    assert is_in_order(reader.found.values())


async def test_the_others_take_over_from_one_that_leaves(log: EventLog) -> None:
    a, b = Listener("a"), Listener("b")
    reads_a, reads_b = await joined(log, a), await joined(log, b)
    await settled((reads_a, a), (reads_b, b))
    await reads_b.subscriptions[0].close()
    await settled((reads_a, a))
    await log.append("submissions", messages(100))
    await reads_a.until_count(100)


async def test_a_member_begins_where_the_group_last_committed(log: EventLog) -> None:
    await log.append("submissions", messages(100))
    reader = await joined(log, Listener())
    await reader.until_count(100)
    half = {partition: len(found) // 2 for partition, found in reader.found.items()}
    await reader.subscriptions[0].commit(half)
    await reader.subscriptions[0].close()
    successor = await joined(log, Listener())
    await successor.until_count(100 - sum(half.values()))
    await successor.turn()
    assert {partition: found[0].offset for partition, found in successor.found.items()} == half
    assert len(successor.values) == 100 - sum(half.values())


async def test_the_listener_decides_where_to_begin(log: EventLog) -> None:
    ends = await read_to_the_end(log, 100)
    listener = Listener()
    listener.start = {partition: end - 2 for partition, end in ends.items()}
    reader = await joined(log, listener)
    await reader.until_count(2 * PARTITION_COUNT)
    assert {partition: found[0].offset for partition, found in reader.found.items()} == listener.start


async def test_a_poll_ends_when_partitions_have_come(log: EventLog) -> None:
    """Whoever polls may know better where to begin than the group."""
    await read_to_the_end(log, 40)
    listener = Listener()
    subscription = await log.subscribe(["submissions"], group="readers", listener=listener)
    async with asyncio.timeout(PATIENCE_S / 2):
        while not listener.has:
            assert await subscription.poll(1000, PATIENCE_S) == {}
    for partition in ALL:
        subscription.seek(partition, 0)
    reader = Reader(subscription)
    await reader.until_count(40)
    assert {found[0].offset for found in reader.found.values()} == {0}


async def test_nothing_is_read_before_the_listener_is_ready(log: EventLog) -> None:
    class Slow(Listener):
        async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
            await asyncio.sleep(0.7)  # a store that takes its time; the fetching goes on meanwhile
            await super().assigned(partitions)

    await log.append("submissions", messages(40))
    listener = Slow()
    listener.start = {partition: end - 1 for partition, end in (await log.ends("submissions")).items()}
    reader = await joined(log, listener)
    await reader.until_count(PARTITION_COUNT)
    assert {partition: found[0].offset for partition, found in reader.found.items()} == listener.start


async def test_commits_are_seen_by_other_logs(log: EventLog, make_log: MakeLog) -> None:
    await log.append("submissions", messages(40))
    reader = await joined(log, Listener())
    await reader.until_count(40)
    assert set((await log.committed("submissions", group="readers")).values()) == {0}
    positions = {partition: partition.partition + 1 for partition in ALL}
    await reader.subscriptions[0].commit(positions)
    other = make_log()
    await other.open(["submissions"], partition_count=1)
    assert await other.committed("submissions", group="readers") == positions
    assert set((await other.committed("submissions", group="nobody")).values()) == {0}


async def test_a_stale_commit_is_silent_and_changes_nothing(log: EventLog) -> None:
    await log.append("submissions", messages(40))
    a, b = Listener("a"), Listener("b")
    reads_a = await joined(log, a)
    await settled((reads_a, a))
    reads_b = await joined(log, b)
    await settled((reads_a, a), (reads_b, b))
    lost = ALL - a.has
    await reads_a.subscriptions[0].commit(dict.fromkeys(lost, 1))
    await reads_a.subscriptions[0].commit({TopicPartition("problems", 0): 1})
    await reads_a.subscriptions[0].commit(dict.fromkeys(ALL, 2))
    committed = await log.committed("submissions", group="readers")
    assert {committed[partition] for partition in lost} == {0}
    assert {committed[partition] for partition in a.has} == {2}


async def test_commits_stay_silent_while_members_come_and_go(log: EventLog) -> None:
    listener = Listener()
    reader = await joined(log, listener)
    await settled((reader, listener))
    is_over = False

    async def keep_committing() -> None:
        while not is_over:
            await reader.subscriptions[0].commit(dict.fromkeys(ALL, 1))
            await reader.turn(0.01)

    committing = asyncio.create_task(keep_committing())
    for _ in range(3):
        other = Listener()
        reads = Reader(await log.subscribe(["submissions"], group="readers", listener=other))
        await reads.until(lambda other=other: bool(other.has))  # type: ignore[misc]
        await reads.subscriptions[0].close()
    is_over = True
    await committing
    await settled((reader, listener))


async def test_groups_do_not_touch_each_other(log: EventLog) -> None:
    await log.append("submissions", messages(30))
    one, two = await joined(log, Listener(), group="one"), await joined(log, Listener(), group="two")
    await one.until_count(30)
    await one.subscriptions[0].commit(dict.fromkeys(ALL, 1))
    await two.until_count(30)
    assert set((await log.committed("submissions", group="two")).values()) == {0}


async def test_lag_counts_what_is_yet_to_be_read(log: EventLog) -> None:
    listener = Listener()
    reader = await joined(log, listener)
    await settled((reader, listener))
    subscription = reader.subscriptions[0]
    assert await subscription.lag() == dict.fromkeys(ALL, 0)
    await log.append("submissions", messages(100))
    ends = await log.ends("submissions")
    assert await subscription.lag() == ends
    await reader.until_count(100)
    assert set((await subscription.lag()).values()) == {0}
    subscription.seek(TopicPartition("submissions", 1), 3)
    assert sum((await subscription.lag()).values()) == ends[TopicPartition("submissions", 1)] - 3


async def test_lag_before_the_first_message_counts_from_the_commit(log: EventLog) -> None:
    await log.append("submissions", messages(50))
    first = await joined(log, Listener())
    await first.until_count(50)
    await first.subscriptions[0].commit(dict.fromkeys(ALL, 2))
    await first.subscriptions[0].close()
    listener = Listener()
    second = await log.subscribe(["submissions"], group="readers", listener=listener)

    async def has_all() -> bool:
        await second.poll(1, 0.01)
        return listener.has == ALL

    await until(has_all)
    assert 50 - 2 * PARTITION_COUNT - 10 <= sum((await second.lag()).values()) <= 50 - 2 * PARTITION_COUNT


async def test_members_may_read_different_topics(log: EventLog) -> None:
    for topic in TOPICS:
        await log.append(topic, messages(20, name=topic))
    a, b = Listener("a"), Listener("b")
    one = await log.subscribe(["problems"], group="mixed", listener=a)
    both = await log.subscribe(TOPICS, group="mixed", listener=b)
    reader = Reader(one, both)
    everything = ALL | partitions_of("problems")
    await reader.until(lambda: a.has | b.has == everything and bool(a.has) and not a.has & b.has)
    assert a.has <= partitions_of("problems")
    await reader.until_count(40)


async def test_a_listener_that_fails_fails_its_own_poll_alone(log: EventLog) -> None:
    class Broken(Listener):
        async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
            raise KeyError("a bug of the listener")

    well = Listener("well")
    reader = await joined(log, well)
    await settled((reader, well))
    broken = await log.subscribe(["submissions"], group="readers", listener=Broken("broken"))

    async def fails() -> bool:
        await reader.turn(0.05)
        try:
            await broken.poll(10, 0.2)
        except KeyError:
            return True
        return False

    await until(fails)
    with pytest.raises(KeyError, match="a bug of the listener"):
        await broken.poll(10, 0.2)
    await broken.close()
    await settled((reader, well))
