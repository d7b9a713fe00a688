"""What a subscription promises to the one who polls it."""

import asyncio
from time import monotonic

import pytest

from shared.log.port import EventLog, TopicPartition
from tests.contracts.event_log.conftest import MakeLog
from tests.contracts.event_log.things import (
    PATIENCE_S,
    TOPICS,
    Listener,
    Reader,
    is_in_order,
    message,
    messages,
    partitions_of,
    values,
)

GROUPS = pytest.mark.parametrize("group", ["readers", None])


@GROUPS
async def test_polls_go_on_where_the_last_one_ended(log: EventLog, group: str | None) -> None:
    await log.append("submissions", messages(300))
    await asyncio.gather(*(log.append("submissions", [m]) for m in messages(300, name="n")))
    subscription = await log.subscribe(["submissions"], group=group, listener=Listener())
    reader = Reader(subscription, max_messages=7)
    await reader.until_count(600)
    await reader.turn()
    assert len(reader.values) == len(set(reader.values)) == 600
    assert is_in_order(reader.found.values())
    assert {part[0].offset for part in reader.found.values()} == {0}


@pytest.mark.parametrize("max_messages", [1, 2, 50])
async def test_no_poll_returns_more_than_asked_for(log: EventLog, max_messages: int) -> None:
    await log.append("submissions", messages(60))
    await log.append("problems", messages(60))
    subscription = await log.subscribe(TOPICS, group=None, listener=Listener())
    got = 0
    while got < 120:
        batch = await subscription.poll(max_messages, PATIENCE_S)
        assert 1 <= len(values(batch)) <= max_messages
        got += len(values(batch))


async def test_an_empty_poll_takes_as_long_as_it_may(log: EventLog) -> None:
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    await subscription.poll(10, 0.2)
    start = monotonic()
    assert await subscription.poll(10, 0.3) == {}
    assert 0.25 < monotonic() - start < 3


@GROUPS
async def test_an_append_wakes_a_waiting_poll(log: EventLog, group: str | None) -> None:
    listener = Listener()
    subscription = await log.subscribe(["submissions"], group=group, listener=listener)
    await Reader(subscription).until(lambda: listener.has == partitions_of("submissions"))
    await subscription.poll(10, 1.0)
    polling = asyncio.create_task(subscription.poll(10, PATIENCE_S))
    await asyncio.sleep(0)
    start = monotonic()
    await log.append("submissions", messages(1))
    assert values(await polling) == [b"m0"]
    assert monotonic() - start < 2


async def test_a_poll_learns_of_what_another_log_appends(log: EventLog, make_log: MakeLog) -> None:
    other = make_log()
    await other.open(TOPICS, partition_count=1)
    subscription = await log.subscribe(TOPICS, group=None, listener=Listener())
    await subscription.poll(10, 0.1)
    polling = asyncio.create_task(subscription.poll(10, PATIENCE_S))
    start = monotonic()
    await other.append("problems", messages(1))
    assert values(await polling) == [b"m0"]
    assert monotonic() - start < 2


async def test_a_subscription_reads_all_its_topics_and_no_others(log: EventLog) -> None:
    for topic in TOPICS:
        await log.append(topic, messages(30, name=topic))
    one = Reader(await log.subscribe(["problems"], group=None, listener=Listener()))
    both = Reader(await log.subscribe(TOPICS, group=None, listener=Listener()))
    await one.until_count(30)
    await both.until_count(60)
    assert {partition.topic for partition in one.found} == {"problems"}
    assert sorted(both.values) == sorted(m.value for topic in TOPICS for m in messages(30, name=topic))


async def test_without_a_group_everyone_reads_everything_from_the_start(log: EventLog) -> None:
    await log.append("submissions", messages(20))
    listeners = Listener(), Listener()
    for listener in listeners:
        subscription = await log.subscribe(["submissions"], group=None, listener=listener)
        reader = Reader(subscription)
        assert sorted(await reader.until_count(20)) == sorted(m.value for m in messages(20))
        await subscription.commit(dict.fromkeys(partitions_of("submissions"), 3))
        assert listener.has == subscription.assignment() == partitions_of("submissions")


@GROUPS
async def test_seek_goes_back_and_forth(log: EventLog, group: str | None) -> None:
    await log.append("submissions", [message(str(i), key="one") for i in range(500)])
    subscription = await log.subscribe(["submissions"], group=group, listener=Listener())
    reader = Reader(subscription)
    await reader.until_count(500)
    ((partition, _),) = reader.found.items()
    for place in (490, 3, 499, 0):
        subscription.seek(partition, place)
        again = Reader(subscription)
        await again.until_count(500 - place)
        assert again.values == [str(i).encode() for i in range(place, 500)]


async def test_seek_wins_over_what_was_about_to_be_returned(log: EventLog) -> None:
    await log.append("submissions", [message(str(i), key="one") for i in range(100)])
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    first = Reader(subscription, max_messages=1)
    await first.until_count(1)
    ((partition, _),) = first.found.items()
    subscription.seek(partition, 50)
    subscription.seek(partition, 80)
    rest = Reader(subscription)
    await rest.until_count(20)
    assert rest.values[0] == b"80"


async def test_a_seek_to_the_end_reads_only_what_comes(log: EventLog) -> None:
    await log.append("submissions", messages(50))
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    await subscription.poll(1, PATIENCE_S)
    for partition, end in (await log.ends("submissions")).items():
        subscription.seek(partition, end)
    assert await subscription.poll(10, 0.5) == {}
    await log.append("submissions", [message("new")])
    assert values(await subscription.poll(10, PATIENCE_S)) == [b"new"]


async def test_a_seek_elsewhere_is_ignored(log: EventLog) -> None:
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    subscription.seek(TopicPartition("submissions", 0), 5)  # nothing is assigned yet
    await subscription.poll(1, 0.2)
    subscription.seek(TopicPartition("problems", 0), 5)
    await log.append("submissions", messages(20))
    assert len(await Reader(subscription).until_count(20)) == 20


@GROUPS
async def test_a_paused_partition_returns_nothing_until_resumed(log: EventLog, group: str | None) -> None:
    listener = Listener()
    subscription = await log.subscribe(["submissions"], group=group, listener=listener)
    reader = Reader(subscription, max_messages=5)
    await reader.until(lambda: listener.has == partitions_of("submissions"))
    await log.append("submissions", messages(100))
    await reader.until_count(10)  # more of each are likely to be buffered
    paused = frozenset({TopicPartition("submissions", 0), TopicPartition("submissions", 1)})
    subscription.pause(paused)
    before = {partition: len(reader.found.get(partition, [])) for partition in paused}
    ends = await log.ends("submissions")
    await reader.until(
        lambda: all(len(reader.found.get(p, [])) == end for p, end in ends.items() if p not in paused)
    )
    await log.append("submissions", messages(50, name="later"))
    await reader.turn(0.5)
    assert {partition: len(reader.found.get(partition, [])) for partition in paused} == before
    assert subscription.assignment() == partitions_of("submissions")
    subscription.resume(paused)
    await reader.until_count(150)
    assert len(set(reader.values)) == len(reader.values) == 150
    assert is_in_order(reader.found.values())


async def test_close_ends_a_waiting_poll(log: EventLog) -> None:
    subscription = await log.subscribe(["submissions"], group="g", listener=Listener())
    await subscription.poll(10, 0.1)
    polling = asyncio.create_task(subscription.poll(10, PATIENCE_S))
    await asyncio.sleep(0)
    await subscription.close()
    assert await asyncio.wait_for(polling, 5) == {}
    with pytest.raises(RuntimeError, match="closed"):
        await subscription.poll(10, 0)


async def test_closing_the_log_ends_a_waiting_poll(log: EventLog) -> None:
    subscription = await log.subscribe(["submissions"], group="g", listener=Listener())
    await subscription.poll(10, 0.1)
    polling = asyncio.create_task(subscription.poll(10, PATIENCE_S))
    await asyncio.sleep(0)
    await log.close()
    assert await asyncio.wait_for(polling, 5) == {}


async def test_a_cancelled_poll_loses_nothing(log: EventLog) -> None:
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    reader = Reader(subscription)
    await reader.turn()
    for i in range(20):
        polling = asyncio.create_task(subscription.poll(10, PATIENCE_S))
        await asyncio.sleep(0)
        await log.append("submissions", [message(str(i))])
        polling.cancel()
        for result in await asyncio.gather(polling, return_exceptions=True):
            if isinstance(result, dict):
                reader.found.update({p: reader.found.get(p, []) + list(new) for p, new in result.items()})
    await reader.until_count(20)
    assert sorted(reader.values) == sorted(str(i).encode() for i in range(20))
