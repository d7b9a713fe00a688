"""A process that is killed at the worst moment: nothing is lost, nothing counted twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import pytest

from shared.events import to_message
from shared.log.port import Message
from tests.shared.consuming.ending import assert_exact
from tests.shared.consuming.tally import event_of, messages_of
from tests.shared.consuming.worlds import Engine, append, eventually, running

EVENT_COUNT = 500


@pytest.fixture
def servers(own_servers: Engine) -> Engine:
    """They give up soon what a killed process had begun."""
    return own_servers


async def dies(engine: Engine, where: str, after: int) -> None:
    """Run a process until it has killed itself."""
    ports = json.dumps([engine.log_url, engine.store_url, engine.topic_prefix])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.shared.consuming.child", ports, where, str(after)
    )
    assert await child.wait() == -signal.SIGKILL


async def finish(engine: Engine) -> None:
    """Let a process that nobody kills do what is left."""
    async with running(engine) as process:
        await eventually(process.caught_up)


@pytest.mark.timeout(300)
async def test_processes_killed_in_the_middle_and_right_after_a_commit_lose_and_repeat_nothing(
    engine: Engine,
) -> None:
    await append(engine, messages_of(range(EVENT_COUNT)))
    for where, after in [("apply", 1), ("commit", 1), ("apply", 3), ("commit", 2)]:
        await dies(engine, where, after)
    await append(engine, messages_of(range(EVENT_COUNT, EVENT_COUNT + 50)))
    await finish(engine)
    await assert_exact(engine, range(EVENT_COUNT + 50), may_repeat=True)


@pytest.mark.timeout(300)
async def test_a_relay_killed_after_its_append_tells_again_under_the_same_ids(engine: Engine) -> None:
    await append(engine, messages_of(range(100)))
    await dies(engine, "append", 1)
    await dies(engine, "append", 2)
    await finish(engine)
    await assert_exact(engine, range(100), may_repeat=True)


@pytest.mark.timeout(300)
async def test_a_rejection_in_a_batch_that_is_killed_is_written_once(engine: Engine) -> None:
    good = [to_message(event_of(n)) for n in range(40)]
    bad = Message("k1", (), b"no event")
    await append(engine, [*good[:20], bad, *good[20:]])
    await dies(engine, "apply", 1)
    await dies(engine, "commit", 1)
    async with running(engine) as process:
        await eventually(process.caught_up)
        assert await process.store.count(process.runner.collections[-1]) == 1
    await assert_exact(engine, range(40), may_repeat=True)
