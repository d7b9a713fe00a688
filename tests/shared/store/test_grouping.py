"""Group commit."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.errors import RetryLater
from shared.store.grouping import Grouping


class Disk:
    """Writes when it is let, and tells in which groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.may_write = asyncio.Event()
        self.is_writing = asyncio.Event()
        self.is_away = False

    async def write(self, items: Sequence[int]) -> list[int]:
        """Each item's outcome is its double."""
        self.groups.append([*items])
        self.is_writing.set()
        await self.may_write.wait()
        if self.is_away:
            raise RetryLater("away")
        return [2 * item for item in items]


async def test_what_waits_is_written_together() -> None:
    disk = Disk()
    grouping = Grouping(disk.write, asyncio.Lock())
    first = asyncio.create_task(grouping.submit(1))
    await disk.is_writing.wait()
    others = [asyncio.create_task(grouping.submit(n)) for n in range(2, 7)]
    await asyncio.sleep(0)
    disk.may_write.set()

    assert await asyncio.gather(first, *others) == [2, 4, 6, 8, 10, 12]
    assert disk.groups == [[1], [2, 3, 4, 5, 6]]


async def test_an_error_reaches_everyone_in_the_group_and_nobody_later() -> None:
    disk = Disk()
    disk.may_write.set()
    disk.is_away = True
    grouping = Grouping(disk.write, asyncio.Lock())

    outcomes = await asyncio.gather(*(grouping.submit(n) for n in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [RetryLater] * 3
    disk.is_away = False
    assert await grouping.submit(4) == 8


async def test_a_cancelled_caller_takes_nobody_along() -> None:
    disk = Disk()
    grouping = Grouping(disk.write, asyncio.Lock())
    callers = [asyncio.create_task(grouping.submit(n)) for n in range(3)]
    await disk.is_writing.wait()
    callers[0].cancel()
    disk.may_write.set()

    with pytest.raises(asyncio.CancelledError):
        await callers[0]
    assert await asyncio.gather(*callers[1:]) == [2, 4]


async def test_written_waits_for_what_was_submitted() -> None:
    disk = Disk()
    grouping = Grouping(disk.write, asyncio.Lock())
    first = asyncio.create_task(grouping.submit(1))
    await disk.is_writing.wait()
    second = asyncio.create_task(grouping.submit(2))
    await asyncio.sleep(0)
    written = asyncio.create_task(grouping.written())
    await asyncio.sleep(0)
    assert not written.done()
    disk.may_write.set()
    await written

    assert first.done()
    assert disk.groups == [[1], [2]]
    assert await second == 4
