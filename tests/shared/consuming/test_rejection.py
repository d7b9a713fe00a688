"""Events that come twice, events that nobody can read, and handlers with a bug."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from shared.consuming import Effects, dead_letters
from shared.errors import NotFound, RejectEvent
from shared.events import to_message
from shared.log.port import LoggedMessage, Message
from tests.shared.consuming.ending import assert_exact, books, messages_in
from tests.shared.consuming.tally import HEARD, Amount, Tally, event_of, messages_of
from tests.shared.consuming.worlds import Engine, append, eventually, metric, running

NO_HEADERS = Message("k1", (), b'{"amount": 1}')
NO_JSON = Message("k2", to_message(event_of(1000)).headers, b"\xff{")


async def letters_of(process: object) -> list[dead_letters.DeadLetter]:
    return [letter async for letter in dead_letters.waiting(process.store, "tally")]  # type: ignore[attr-defined]


class PickyTally(Tally):
    """Cannot yet read events of some numbers."""

    def __init__(self, *unreadable: int) -> None:
        self._unreadable = {f"e{n}" for n in unreadable}

    def read(self, message: LoggedMessage) -> Amount:
        amount = super().read(message)
        if amount.id in self._unreadable:
            raise RejectEvent(f"id: {amount.id} isn't understood yet")
        return amount


class BuggyTally(Tally):
    """Has a bug that one event meets."""

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        await super().apply(amounts, effects)
        if any(amount.key == "k3" for amount in amounts):
            raise ValueError("about 13912345678")


async def test_the_same_event_twice_counts_once(engine: Engine) -> None:
    await append(engine, [*messages_of(range(30)), *messages_of(range(30))])
    async with running(engine, messages_at_once=20) as process:
        await eventually(process.caught_up)
        await append(engine, messages_of(range(10, 40)))
        await eventually(process.caught_up)
    await assert_exact(engine, range(40))


async def test_what_cannot_be_read_is_kept_with_the_reason_and_the_rest_is_applied(engine: Engine) -> None:
    good = messages_of(range(20))
    rejected = metric("dafangtan_consumer_rejected_messages_total", consumer="tally.consumer")
    await append(engine, [*good[:10], NO_HEADERS, NO_JSON, *good[10:]])
    async with running(engine) as process:
        await eventually(process.caught_up)
        letters = await letters_of(process)
    assert {letter.message for letter in letters} == {NO_HEADERS, NO_JSON}
    reasons = {letter.message.value: letter.reason for letter in letters}
    assert reasons[NO_HEADERS.value].startswith("specversion: 应为 1.0")
    assert reasons[NO_JSON.value].startswith("data: ")
    assert all(letter.topic == HEARD and letter.rejected_at.endswith("Z") for letter in letters)
    assert metric("dafangtan_consumer_rejected_messages_total", consumer="tally.consumer") == rejected + 2
    await assert_exact(engine, range(20))


async def test_a_message_of_others_without_value_or_key_is_kept_too(servers: Engine) -> None:
    await append(servers, messages_of(range(5)))
    async with AIOKafkaProducer(bootstrap_servers=servers.log_url.removeprefix("kafka://")) as producer:
        await producer.send_and_wait(servers.topic_prefix + HEARD, None, key=b"k1")
        await producer.send_and_wait(servers.topic_prefix + HEARD, b"\x00", headers=[("x", b"\xff")])
    async with running(servers) as process:
        await eventually(process.caught_up)
        assert sorted(letter.message.value for letter in await letters_of(process)) == [b"", b"\x00"]
    await assert_exact(servers, range(5))


async def test_a_replay_after_a_fix_applies_it_once(engine: Engine) -> None:
    await append(engine, messages_of(range(10)))
    async with running(engine, handler=PickyTally(3, 4)) as process:
        await eventually(process.caught_up)
        third, fourth = await letters_of(process)
    async with running(engine) as process:
        await dead_letters.replay(process.store, process.log, "tally", third.id)
        assert [letter.id for letter in await letters_of(process)] == [fourth.id]
        await dead_letters.replay(process.store, process.log, "tally", fourth.id)
        await dead_letters.replay(process.store, process.log, "tally", fourth.id)
        assert not await letters_of(process)
        await eventually(process.caught_up)
        with pytest.raises(NotFound, match="dead-letters list"):
            await dead_letters.replay(process.store, process.log, "tally", "submissions/0/999")
    kept = await books(engine)
    assert kept.seen.keys() == {f"e{n}" for n in range(10)}
    assert len(await messages_in(engine, HEARD)) == 13


async def test_what_is_rejected_again_is_kept_again(embedded: Engine) -> None:
    await append(embedded, messages_of(range(10)))
    async with running(embedded, handler=PickyTally(3)) as process:
        await eventually(process.caught_up)
        (letter,) = await letters_of(process)
        await dead_letters.replay(process.store, process.log, "tally", letter.id)
        await eventually(process.caught_up)
        (again,) = await letters_of(process)
    assert (again.message, again.reason) == (letter.message, letter.reason)
    assert again.id != letter.id


async def test_a_reason_may_quote_anything(embedded: Engine) -> None:
    class Quoting(Tally):
        def read(self, message: LoggedMessage) -> Amount:
            raise RejectEvent("half a character: \ud800")

    await append(embedded, messages_of(range(1)))
    async with running(embedded, handler=Quoting()) as process:
        await eventually(process.caught_up)
        (letter,) = await letters_of(process)
    assert letter.reason == "half a character: \\ud800"


async def test_a_bug_stops_the_consumer_loudly_and_nothing_is_skipped(engine: Engine, tmp_path: Path) -> None:
    await append(engine, messages_of(range(30)))
    async with running(engine, handler=BuggyTally(), messages_at_once=5) as process:
        await eventually(lambda: process.runner.crashed)
        assert isinstance(process.runner.crashed, ValueError)
        assert not process.runner.health().is_ready
        assert "ValueError" in process.runner.health().detail
        assert "139" not in process.runner.health().detail
        seen = (await books(engine)).seen
        assert not any(body["key"] == "k3" for body in seen.values())
        await asyncio.wait_for(process.runner.stop(), 5)
    async with running(engine) as process:
        await eventually(process.caught_up)
    await assert_exact(engine, range(30))
