"""Partitions that move while their messages are in work: whoever applies them, they are applied once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from shared.consuming import Effects
from shared.errors import RetryLater
from shared.log.port import TopicPartition
from tests.shared.consuming.ending import assert_exact
from tests.shared.consuming.gates import GatedLog, GatedStore
from tests.shared.consuming.tally import SEEN, Amount, Tally, messages_of
from tests.shared.consuming.worlds import (
    PARTITIONS,
    Engine,
    Process,
    append,
    eventually,
    made,
    running,
    started,
)

EVENTS = range(300)


class HeldTally(Tally):
    """Stands still inside its transaction, its writes done, while the gate is closed."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_inside = asyncio.Event()

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        await super().apply(amounts, effects)
        self.is_inside.set()
        await self.is_open.wait()


class WaitingTally(Tally):
    """Needs something that is away at first."""

    def __init__(self) -> None:
        self.is_away = True

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        await super().apply(amounts, effects)
        if self.is_away:
            raise RetryLater("away in this test")


class Members:
    """Members of one group: each a process of its own, but for SQLite's groups, which are within a process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._logs: list[GatedLog] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Members:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def make(self, **options: Any) -> Process:
        """A member that hasn't joined yet."""
        if not self._engine.is_embedded or not self._logs:
            self._logs.append(GatedLog(await self._engine.log()))
            self._stack.push_async_callback(self._logs[-1].close)
        process = await made(self._engine, log=self._logs[-1], **options)
        self._stack.push_async_callback(process.store.close)
        return process

    async def join(self, process: Process) -> None:
        """Let ``process`` join, and leave at the end."""
        await self._stack.enter_async_context(started(process))

    def partitions_of_first(self) -> frozenset[TopicPartition]:
        """What the one that joined first believes to have."""
        return self._logs[0].subscriptions[0].real.assignment()

    async def take_from_first(self) -> None:
        """Wait until the first has lost a partition to another; in SQLite, take all from it by force."""
        await eventually(lambda: len(self.partitions_of_first()) < PARTITIONS)
        if self._engine.is_embedded:
            subscription = self._logs[0].subscriptions[0].real
            await self._logs[0].force_revoke(subscription, subscription.assignment())


async def has_applied(process: Process) -> bool:
    return await process.store.count(SEEN) > 0


@pytest.mark.timeout(300)
async def test_a_revocation_in_the_middle_of_a_batch(engine: Engine) -> None:
    await append(engine, messages_of(EVENTS))
    held = HeldTally()
    async with Members(engine) as members:
        first, second = await members.make(handler=held), await members.make()
        await members.join(first)
        await held.is_inside.wait()
        await members.join(second)
        await members.take_from_first()
        held.is_open.set()
        await eventually(second.caught_up)
    await assert_exact(engine, EVENTS, may_repeat=True)


@pytest.mark.timeout(300)
async def test_a_revocation_while_a_batch_waits_for_what_is_away(engine: Engine) -> None:
    await append(engine, messages_of(EVENTS))
    waiting = WaitingTally()
    async with Members(engine) as members:
        first, second = await members.make(handler=waiting), await members.make()
        await members.join(first)
        await eventually(lambda: first.runner.health().detail == "away in this test")
        await members.join(second)
        await members.take_from_first()
        await eventually(lambda: has_applied(second))
        waiting.is_away = False
        await eventually(second.caught_up)
        await eventually(lambda: first.runner.health().is_ready)
    await assert_exact(engine, EVENTS, may_repeat=True)


@pytest.mark.timeout(300)
async def test_a_zombie_that_wakes_after_its_batch_was_applied_by_another(engine: Engine) -> None:
    await append(engine, messages_of(EVENTS))
    gated: list[GatedStore] = []

    def wrapped(store: Any) -> GatedStore:
        gated.append(GatedStore(store))
        gated[0].is_open.clear()
        return gated[0]

    async with running(engine, wrapped=wrapped) as zombie:
        await eventually(lambda: gated[0].waiting)
        async with running(engine) as other:
            await eventually(lambda: has_applied(other))
            if engine.is_embedded:  # another process has all partitions of an embedded log
                await eventually(other.caught_up)
            gated[0].is_open.set()
            await eventually(zombie.caught_up)
        await append(engine, messages_of(range(300, 320)))
        await eventually(zombie.caught_up)
    await assert_exact(engine, range(320), may_repeat=True)


@pytest.mark.timeout(300)
async def test_members_that_come_and_go_under_load(engine: Engine) -> None:
    async with Members(engine) as members:
        first = await members.make(messages_at_once=7)
        await members.join(first)
        for start in range(0, 300, 100):
            await append(engine, messages_of(range(start, start + 50)))
            second = await members.make(messages_at_once=7)
            async with started(second):
                await append(engine, messages_of(range(start + 50, start + 100)))
                await members.take_from_first()
        await eventually(first.caught_up)
    await assert_exact(engine, EVENTS, may_repeat=True)
