"""Work that outlives the one who waits for it."""

import asyncio
import gc

import pytest

from shared.store.uninterrupted import uninterrupted


class Work:
    """Something that ends when it is let."""

    def __init__(self) -> None:
        self.begins = asyncio.Event()
        self.may_end = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def run(self, error: Exception | None = None) -> str:
        """Wait, then return or raise."""
        self.begins.set()
        await self.may_end.wait()
        self.has_ended.set()
        if error is not None:
            raise error
        return "done"


async def test_it_gives_the_result() -> None:
    work = Work()
    work.may_end.set()
    assert await uninterrupted(work.run()) == "done"
    with pytest.raises(OSError, match="disk"):
        await uninterrupted(work.run(OSError("disk")))


@pytest.mark.parametrize("error", [None, OSError("disk")])
async def test_it_goes_on_when_the_caller_is_cancelled(error: Exception | None) -> None:
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unheard.append(context))
    work = Work()
    caller = asyncio.create_task(uninterrupted(work.run(error)))
    await work.begins.wait()
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()

    work.may_end.set()
    await work.has_ended.wait()
    await asyncio.sleep(0)
    gc.collect()
    assert not unheard
