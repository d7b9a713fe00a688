"""What ``append`` promises."""

import asyncio

import pytest

from shared.errors import TooLarge
from shared.log.limits import MAX_VALUE_BYTES
from shared.log.port import EventLog, Message, TopicPartition
from tests.contracts.event_log.conftest import MakeLog
from tests.contracts.event_log.things import TOPICS, Listener, Reader, is_in_order, message, messages

GARBAGE = [
    Message("", (), b""),
    Message("键", (("头", "值".encode()), ("头", b"again")), "内容".encode()),
    Message(
        "k" * 300, (("empty", b""), ("nul", b"\0\0"), ("utf8?", b"\xff\xfe\xc3\x28")), bytes(range(256)) * 9
    ),
    Message("\0", (("ce_id", bytes(range(256))),), b"\x93\xa1k\x90\xc4\x00"),
    Message("k", (), b"'; DROP TABLE segments_1; --"),
]


async def read(log: EventLog, count: int) -> Reader:
    """Everything in the topic, by a reader of its own."""
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    reader = Reader(subscription)
    await reader.until_count(count)
    await reader.turn()
    await subscription.close()
    return reader


async def test_positions_say_where_each_message_stands(log: EventLog) -> None:
    sent = messages(100)
    positions = await log.append("submissions", sent)
    found = (await read(log, 100)).found
    for wanted, position in zip(sent, positions, strict=True):
        partition = TopicPartition(position.topic, position.partition)
        assert found[partition][position.next_offset - 1].value == wanted.value


async def test_a_message_comes_back_as_it_was_appended(log: EventLog) -> None:
    positions = await log.append("submissions", GARBAGE)
    found = (await read(log, len(GARBAGE))).found
    for sent, position in zip(GARBAGE, positions, strict=True):
        offset = position.next_offset - 1
        got = found[TopicPartition(position.topic, position.partition)][offset]
        assert (got.offset, got.key, got.headers, got.value) == (offset, sent.key, sent.headers, sent.value)


async def test_one_key_stays_in_one_partition_and_in_order(log: EventLog) -> None:
    async def append_in_turn(key: str) -> None:
        for i in range(0, 30, 3):
            await log.append("submissions", [message(f"{key}-{n}", key=key) for n in range(i, i + 3)])

    keys = [f"person{i}" for i in range(12)]
    await asyncio.gather(*(append_in_turn(key) for key in keys))
    found = (await read(log, 30 * len(keys))).found
    for key in keys:
        parts = [[m.value for m in part if m.key == key] for part in found.values()]
        (in_order,) = [part for part in parts if part]
        assert in_order == [f"{key}-{i}".encode() for i in range(30)]


async def test_many_appends_at_once_stand_once_each(log: EventLog) -> None:
    results = await asyncio.gather(*(log.append("submissions", [m]) for m in messages(500)))
    reader = await read(log, 500)
    assert sorted(reader.values) == sorted(m.value for m in messages(500))
    assert is_in_order(reader.found.values())
    assert len({position for positions in results for position in positions}) == 500


async def test_a_large_append_stands_whole_and_in_order(log: EventLog) -> None:
    sent = [Message(f"k{i % 7}", (), f"{i:06}".encode() + b"." * 1500) for i in range(10_000)]
    positions = await log.append("submissions", sent)
    assert len(positions) == len(sent)
    reader = await read(log, len(sent))
    assert len(reader.values) == len(sent)
    for part in reader.found.values():
        for key in {m.key for m in part}:
            of_key = [m.value for m in part if m.key == key]
            assert of_key == sorted(of_key)


async def test_topics_are_apart(log: EventLog) -> None:
    await asyncio.gather(*(log.append(topic, messages(50, name=topic)) for topic in TOPICS for _ in range(3)))
    for topic in TOPICS:
        assert sum((await log.ends(topic)).values()) == 150
    assert all(value.startswith(b"submissions") for value in (await read(log, 150)).values)


async def test_an_append_of_nothing_changes_nothing(log: EventLog) -> None:
    assert await log.append("submissions", []) == []
    assert set((await log.ends("submissions")).values()) == {0}


async def test_a_value_at_the_limit_is_taken_and_one_over_it_is_not(log: EventLog) -> None:
    await log.append("submissions", [Message("k", (("ce_id", b"1"),), b"x" * MAX_VALUE_BYTES)])
    with pytest.raises(TooLarge, match="1000001"):
        await log.append("submissions", [message("small"), Message("k", (), b"x" * (MAX_VALUE_BYTES + 1))])
    with pytest.raises(TooLarge):
        await log.append("submissions", [Message("k", (("h", b"x" * 60_000),), b"x" * MAX_VALUE_BYTES)])
    assert [len(value) for value in (await read(log, 1)).values] == [MAX_VALUE_BYTES]


async def test_many_large_values_in_one_append(log: EventLog) -> None:
    sent = [Message(f"k{i}", (), bytes([i]) * 900_000) for i in range(12)]
    await log.append("submissions", sent)
    assert sorted((await read(log, 12)).values) == [m.value for m in sent]


async def test_a_cancelled_append_spoils_no_other(log: EventLog) -> None:
    doomed = [asyncio.create_task(log.append("submissions", [m])) for m in messages(50, name="doomed")]
    kept = [asyncio.create_task(log.append("submissions", [m])) for m in messages(50, name="kept")]
    await asyncio.sleep(0)
    for task in doomed:
        task.cancel()
    await asyncio.gather(*kept)
    await log.append("submissions", [message("last")])
    found = (await read(log, 51)).values
    assert {m.value for m in messages(50, name="kept")} | {b"last"} <= set(found)
    assert len(found) == len(set(found))


async def test_what_was_appended_is_there_for_another_log(log: EventLog, make_log: MakeLog) -> None:
    await log.append("submissions", messages(20))
    await log.close()
    again = make_log()
    await again.open(["submissions"], partition_count=1)
    assert sorted((await read(again, 20)).values) == sorted(m.value for m in messages(20))
    positions = await again.append("submissions", messages(20))
    assert len((await read(again, 40)).values) == 40
    assert is_in_order((await read(again, 40)).found.values())
    assert max(position.next_offset for position in positions) > 1


async def test_close_finishes_the_appends_under_way(log: EventLog, make_log: MakeLog) -> None:
    await log.open(["notices"], partition_count=2)
    under_way = [asyncio.create_task(log.append("notices", [m])) for m in messages(100)]
    await asyncio.sleep(0)
    await log.close()
    assert len(await asyncio.gather(*under_way)) == 100
    again = make_log()
    await again.open(["notices"], partition_count=1)
    assert sum((await again.ends("notices")).values()) == 100


async def test_an_append_after_close_raises(log: EventLog) -> None:
    await log.close()
    with pytest.raises(RuntimeError, match="closed"):
        await log.append("submissions", messages(1))


async def test_an_unopened_topic_is_refused_by_name(log: EventLog) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        await log.append("nowhere", messages(1))
