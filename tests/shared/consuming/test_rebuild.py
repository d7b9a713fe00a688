"""Positions that aren't where the consumer left them: cleared for a rebuild, or ahead of what was committed."""

from __future__ import annotations

from collections.abc import Sequence

from shared.consuming import Effects
from shared.consuming.positions import positions_of
from shared.errors import RetryLater
from shared.events import to_message
from shared.store.port import Transaction
from shared.store.retrying import in_transaction
from tests.shared.consuming.ending import assert_counted, assert_exact
from tests.shared.consuming.tally import SEEN, Amount, Tally, event_of, messages_of
from tests.shared.consuming.worlds import Engine, Process, append, eventually, running


async def clear(process: Process) -> None:
    """What a rebuild begins with."""

    async def work(transaction: Transaction) -> None:
        for collection in (*process.runner.folded, positions_of(process.runner.reads_as)):
            await transaction.clear(collection)

    await in_transaction(process.store, work)


async def test_one_that_starts_with_nothing_left_to_do_knows_it(engine: Engine) -> None:
    await append(engine, messages_of(range(20)))
    for _ in range(2):
        async with running(engine) as process:
            await eventually(process.caught_up)
    await assert_exact(engine, range(20))


async def test_a_fold_that_was_cleared_is_read_again_though_all_was_committed(engine: Engine) -> None:
    await append(engine, messages_of(range(40)))
    async with running(engine) as process:
        await eventually(process.caught_up)
    async with running(engine) as process:
        await eventually(process.caught_up)
        await clear(process)
    async with running(engine) as process:
        await eventually(process.caught_up)
    await assert_counted(engine, range(40))


async def test_one_that_has_nothing_to_do_finds_its_positions_cleared(engine: Engine) -> None:
    await append(engine, messages_of(range(40)))
    async with running(engine) as process:
        await eventually(process.caught_up)
        await clear(process)
        await eventually(process.caught_up)
    await assert_counted(engine, range(40))


async def test_positions_cleared_under_load(engine: Engine) -> None:
    async with running(engine, messages_at_once=5) as process:
        for start in range(0, 200, 50):
            await append(engine, messages_of(range(start, start + 50)))
            await eventually(lambda: process.store.count(SEEN))
            await clear(process)
        await eventually(process.caught_up)
    await assert_counted(engine, range(200))


class ShortTally(Tally):
    """Applies three batches and then needs something that is away."""

    def __init__(self) -> None:
        self.batches = 0

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        if self.batches == 3:
            raise RetryLater("away in this test")
        self.batches += 1
        await super().apply(amounts, effects)


async def test_a_rebuild_that_has_come_to_the_same_number_of_batches_is_not_taken_for_ones_own(
    embedded: Engine,
) -> None:
    def messages(numbers: range) -> list[object]:
        return [to_message(event_of(n, keys=1)) for n in numbers]

    await append(embedded, messages(range(30)))
    async with running(embedded, messages_at_once=10) as process:  # three batches of ten
        await eventually(process.caught_up)
        await clear(process)
        async with running(embedded, handler=ShortTally(), messages_at_once=5) as rebuilding:
            await eventually(lambda: rebuilding.runner.health().detail == "away in this test")
        await append(embedded, messages(range(30, 31)))
        await eventually(process.caught_up)
    await assert_counted(embedded, range(31), keys=1)
