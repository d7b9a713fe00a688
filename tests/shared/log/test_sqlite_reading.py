"""Reading the SQLite log: the same as reading lists, whatever is done in between."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.log.partitioning import partition_of
from shared.log.port import LoggedMessage, Message, TopicPartition
from shared.log.sqlite import SqliteEventLog
from shared.log.sqlite_scan import MAX_SCAN_BYTES
from shared.log.sqlite_segments import MARK_EVERY_MESSAGES
from tests.contracts.event_log.things import Listener, Reader, message, partitions_of

PARTITION_COUNT = 3
PARTITIONS = sorted(partitions_of("t", PARTITION_COUNT))

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
a_header = st.tuples(st.sampled_from(["ce_id", "ce_type", "content-type"]) | text, st.binary(max_size=8))
a_message = st.builds(
    Message,
    key=text,
    headers=st.lists(a_header, max_size=3).map(tuple),
    value=st.binary(max_size=40) | st.integers(1, 90_000).map(bytes),
)
partition = st.sampled_from(PARTITIONS)
step = st.one_of(
    st.tuples(st.just("append"), st.lists(st.lists(a_message, max_size=6), min_size=1, max_size=5)),
    st.tuples(st.just("poll"), st.integers(1, 12)),
    st.tuples(st.just("seek"), st.tuples(partition, st.integers(0, 20))),
    st.tuples(st.just("pause"), partition),
    st.tuples(st.just("resume"), partition),
)


class Model:
    """What should be there, and what should come next."""

    def __init__(self) -> None:
        self.logs: dict[TopicPartition, list[LoggedMessage]] = {tp: [] for tp in PARTITIONS}
        self.places = dict.fromkeys(PARTITIONS, 0)
        self.paused: set[TopicPartition] = set()

    def put(self, sent: Message, tp: TopicPartition, offset: int) -> None:
        assert offset == len(self.logs[tp])
        self.logs[tp].append(LoggedMessage(offset, sent.key, sent.headers, sent.value))

    def waiting(self) -> int:
        return sum(max(len(self.logs[tp]) - self.places[tp], 0) for tp in set(PARTITIONS) - self.paused)


async def play(steps: list[tuple[str, object]], log: SqliteEventLog) -> None:
    model = Model()
    subscription = await log.subscribe(["t"], group=None, listener=Listener())
    while not subscription.assignment():
        await subscription.poll(1, 0.01)
    for what, how in [*steps, *[("resume", tp) for tp in PARTITIONS], *[("poll", 50)] * 20]:
        match what, how:
            case "append", list(calls):
                results = await asyncio.gather(*(log.append("t", call) for call in calls))
                placed = [
                    (TopicPartition(position.topic, position.partition), position.next_offset - 1, sent)
                    for call, positions in zip(calls, results, strict=True)
                    for sent, position in zip(call, positions, strict=True)
                ]
                for tp, offset, sent in sorted(placed, key=lambda place: place[:2]):
                    model.put(sent, tp, offset)
            case "poll", int(count):
                waiting = model.waiting()
                batch = await subscription.poll(count, 0)
                got = sum(map(len, batch.values()))
                assert got <= count
                assert (got > 0) == (waiting > 0)
                for tp, found in batch.items():
                    assert tp not in model.paused
                    place = model.places[tp]
                    assert list(found) == model.logs[tp][place : place + len(found)]
                    model.places[tp] += len(found)
            case "seek", (TopicPartition() as tp, int(offset)):
                subscription.seek(tp, min(offset, len(model.logs[tp])))
                model.places[tp] = min(offset, len(model.logs[tp]))
            case "pause", TopicPartition() as tp:
                subscription.pause(frozenset({tp}))
                model.paused.add(tp)
            case "resume", TopicPartition() as tp:
                subscription.resume(frozenset({tp}))
                model.paused.discard(tp)
    assert model.waiting() == 0
    assert set((await subscription.lag()).values()) == {0}


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=20), st.booleans())
def test_polls_return_what_lists_would(steps: list[tuple[str, object]], reads_inline: bool) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            log = SqliteEventLog(Path(folder) / "log.db", reads_inline=reads_inline)
            await log.open(["t"], partition_count=PARTITION_COUNT)
            try:
                await play(steps, log)
            finally:
                await log.close()

    asyncio.run(run())


@pytest.mark.parametrize("busy", partitions_of("submissions"))
async def test_a_partition_far_behind_does_not_starve_the_others(
    log: SqliteEventLog, busy: TopicPartition
) -> None:
    keys = {partition_of(str(i), 4): str(i) for i in range(100)}
    await log.append("submissions", [message(str(i), key=keys[busy.partition]) for i in range(1000)])
    await log.append(
        "submissions", [message(f"quiet{p}", key=key) for p, key in keys.items() if p != busy.partition]
    )
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    reader = Reader(subscription)
    await reader.until_count(1003)
    for partition, found in reader.found.items():
        subscription.seek(partition, 0 if partition == busy else len(found) - 1)
    again = Reader(subscription, max_messages=50)
    await again.until(lambda: len(again.found) == 4)
    assert len(again.found[busy]) < 1000


async def test_seeks_are_exact_beyond_the_first_marks(log: SqliteEventLog) -> None:
    count = 3 * MARK_EVERY_MESSAGES
    for start in range(0, count, 512):
        await log.append("submissions", [message(str(i), key=f"k{i % 5}") for i in range(start, start + 512)])
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    await subscription.poll(1, 1)
    for partition, end in (await log.ends("submissions")).items():
        for offset in {0, 1, end // 3, end // 2, end - 1} - {-1}:
            subscription.seek(partition, offset)
            subscription.pause(partitions_of("submissions") - {partition})
            subscription.resume(frozenset({partition}))
            if end:
                assert (await subscription.poll(1, 1))[partition][0].offset == offset


async def test_a_poll_of_large_messages_stays_within_bounds(log: SqliteEventLog) -> None:
    await log.append("submissions", [Message(str(i), (), bytes(900_000)) for i in range(40)])
    subscription = await log.subscribe(["submissions"], group=None, listener=Listener())
    reader = Reader(subscription)
    await reader.turn(1)
    assert 0 < sum(map(len, reader.values)) < 2 * MAX_SCAN_BYTES
    await reader.until_count(40)
