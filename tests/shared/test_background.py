"""Work in the background ends as it was told to, or its crash is told."""

from __future__ import annotations

import asyncio

from shared.background import Background


async def fails() -> None:
    raise ValueError("about 13912345678")


async def works_for_ever() -> None:
    await asyncio.Event().wait()


async def is_cancelled_from_within() -> None:
    inner = asyncio.create_task(works_for_ever())
    inner.cancel()
    await inner


async def test_a_crash_is_kept_and_told_without_its_words() -> None:
    background = Background("test.part")
    background.start(fails)
    await background.finish()
    assert isinstance(background.crashed, ValueError)
    assert not background.health().is_ready
    assert "ValueError" in background.health("away").detail
    assert "139" not in background.health().detail


async def test_a_cancellation_that_was_asked_for_is_no_crash() -> None:
    background = Background("test.part")
    background.start(works_for_ever)
    await background.cancel()
    assert background.crashed is None
    assert background.health().is_ready


async def test_a_cancellation_that_nobody_asked_for_is_a_crash() -> None:
    background = Background("test.part")
    background.start(is_cancelled_from_within)
    await background.finish()
    assert isinstance(background.crashed, RuntimeError)
    assert not background.health().is_ready


async def test_work_that_waits_is_not_ready_and_says_for_what() -> None:
    background = Background("test.part")
    assert background.health().is_ready
    assert background.health("存储").detail == "存储"
    assert not background.health("存储").is_ready
