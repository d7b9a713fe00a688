"""The outbox: a cause and its telling stand or fall together, and what entered first is told first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.consuming import Outbox
from shared.consuming.outbox import RELAYED_AT_ONCE
from shared.errors import TooLarge
from shared.events import from_message
from shared.log.port import EventLog
from shared.platform import Clock
from shared.real_time import system_clock
from shared.store.port import Store
from tests.shared.consuming.ending import messages_in
from tests.shared.consuming.gates import GatedLog
from tests.shared.consuming.tally import TOLD, event_of, events_of, messages_of
from tests.shared.consuming.worlds import Engine, append, eventually, metric, running


class Box:
    """An outbox with its log and store, as one process has them."""

    def __init__(self, log: EventLog, store: Store, clock: Clock) -> None:
        self.log, self.store = log, store
        self.outbox = Outbox("tally", log=log, store=store, clock=clock)

    async def enter(self, *numbers: int) -> None:
        """Enter events in a transaction of their own."""
        async with self.store.transaction() as transaction:
            await self.outbox.enter(transaction, [(TOLD, event_of(n, keys=1)) for n in numbers])
        self.outbox.wake()

    async def count(self) -> int:
        """How many wait."""
        return await self.store.count(self.outbox.collection)


@asynccontextmanager
async def box_of(engine: Engine, clock: Clock = system_clock) -> AsyncIterator[Any]:
    log, store = GatedLog(await engine.log()), await engine.store()
    box = Box(log, store, clock)
    await store.open([box.outbox.collection])
    try:
        yield box
    finally:
        await box.outbox.stop()
        await log.close()
        await store.close()


async def told(engine: Engine) -> list[str]:
    """The ids in the log, in order."""
    return [from_message(message).id for message in await messages_in(engine, TOLD)]


def ids(numbers: range) -> list[str]:
    return [event.id for event in events_of(numbers)]


async def test_what_a_dead_process_left_is_told_by_the_next(engine: Engine) -> None:
    async with box_of(engine) as dead:
        await dead.enter(0, 1)
    async with box_of(engine) as box:
        await box.outbox.start()
        await eventually(lambda: is_empty(box))
    assert await told(engine) == ["e0", "e1"]


async def is_empty(box: Box) -> bool:
    return await box.count() == 0


async def test_the_order_of_entry_is_kept_over_many_pages(engine: Engine) -> None:
    count = 2 * RELAYED_AT_ONCE + 10
    async with box_of(engine) as box:
        for start in range(0, count, 30):
            await box.enter(*range(start, min(start + 30, count)))
        assert await box.outbox.relay() == count
    assert await told(engine) == ids(range(count))


async def test_the_order_of_entry_is_kept_though_clocks_differ_and_step_back(embedded: Engine) -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    async with (
        box_of(embedded, lambda: now) as ahead,
        box_of(embedded, lambda: now - timedelta(seconds=3)) as behind,
    ):
        await ahead.enter(0, 1, 2)
        await ahead.enter(3)
        await behind.enter(4, 5)
        await ahead.enter(6)
        await behind.outbox.relay()
    assert await told(embedded) == ids(range(7))


async def test_an_event_that_waits_already_is_not_kept_twice(embedded: Engine) -> None:
    async with box_of(embedded) as box:
        await box.enter(0, 0, 1)
        await box.enter(1, 2)
        assert await box.count() == 3
        assert await box.outbox.relay() == 3
    assert await told(embedded) == ids(range(3))


async def test_a_transaction_that_fails_tells_nothing(embedded: Engine) -> None:
    async with box_of(embedded) as box:
        with suppress(ZeroDivisionError):
            async with box.store.transaction() as transaction:
                await box.outbox.enter(transaction, [(TOLD, event_of(0))])
                raise ZeroDivisionError
        assert await box.outbox.relay() == 0
    assert await told(embedded) == []


async def test_two_relays_at_once_lose_nothing_and_keep_the_order(engine: Engine) -> None:
    async with box_of(engine) as one, box_of(engine) as other:
        await one.outbox.start()
        await other.outbox.start()
        for n in range(0, 200, 2):
            await one.enter(n)
            await other.enter(n + 1)
        await eventually(lambda: is_empty(one))
    assert list(dict.fromkeys(await told(engine))) == ids(range(200))


async def test_a_log_that_is_away_is_waited_for_and_told(embedded: Engine) -> None:
    count = RELAYED_AT_ONCE + 20
    async with box_of(embedded) as box:
        box.log.away = {"append"}
        await box.enter(*range(count))
        await box.outbox.start()
        await eventually(lambda: box.outbox.health().detail == "append: away in this test")
        assert box.outbox.health().is_ready
        assert metric("dafangtan_outbox_pending_events", service="tally") == count
        box.log.away = set()
        await eventually(lambda: is_empty(box))
        await eventually(lambda: not box.outbox.health().detail)
        assert metric("dafangtan_outbox_pending_events", service="tally") == 0
    assert await told(embedded) == ids(range(count))


async def test_a_wake_up_is_never_lost(embedded: Engine) -> None:
    """One that is lost costs five seconds, until the relay looks by itself."""
    async with box_of(embedded) as box:
        await box.outbox.start()
        for n in range(100):
            await box.enter(n)
            await eventually(lambda: is_empty(box), within_s=3)


async def test_what_is_entered_just_when_the_relay_has_found_nothing_is_not_left_waiting(
    embedded: Engine,
) -> None:
    class Late:
        """A store where something is entered right after the relay has looked."""

        def __init__(self, store: Store) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        async def find(self, *args: Any, **options: Any) -> Any:
            page = await self._store.find(*args, **options)
            if not await told(embedded):
                await box.enter(0)
            return page

    async with box_of(embedded) as real:
        box = Box(real.log, Late(real.store), system_clock)  # type: ignore[arg-type]
        await box.outbox.start()
        await eventually(lambda: told(embedded), within_s=3)
        await box.outbox.stop()


async def test_a_stop_finishes_the_append_in_hand(embedded: Engine) -> None:
    async with box_of(embedded) as box:
        appended = asyncio.Event()
        box.log.after_append = appended.set
        await box.enter(0)
        await box.outbox.start()
        await appended.wait()
        await box.outbox.stop()
        assert await box.count() == 0


async def test_an_event_that_the_log_can_never_take_stops_the_relay_loudly(embedded: Engine) -> None:
    async with box_of(embedded) as box:
        async with box.store.transaction() as transaction:
            event = event_of(0)
            huge = type(event)(event.id, event.type, event.source, "", "", event.key, b"x" * 1_000_001)
            await box.outbox.enter(transaction, [(TOLD, huge)])
        await box.outbox.start()
        await eventually(lambda: box.outbox.crashed)
        assert isinstance(box.outbox.crashed, TooLarge)
        assert not box.outbox.health().is_ready
        assert await box.count() == 1


async def test_what_a_runner_emits_is_told_at_once(embedded: Engine) -> None:
    async with running(embedded) as process:
        for n in range(20):
            await append(embedded, messages_of([n]))
            await eventually(process.caught_up, within_s=3)
