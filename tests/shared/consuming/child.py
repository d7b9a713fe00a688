"""A process of the tally that kills itself: ``python -m tests.shared.consuming.child ENGINE WHERE AFTER``.

WHERE is ``apply`` (in the middle of a batch's transaction), ``commit`` (right after it) or ``append`` (when
the relay has appended and not yet deleted); AFTER says the how-manieth is the last. It ends by itself, with
status 0, when there is nothing left to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence

from shared.consuming import Effects
from tests.shared.consuming.gates import GatedLog, GatedStore
from tests.shared.consuming.tally import Amount, Tally
from tests.shared.consuming.worlds import Engine, eventually, running


class Fuse:
    """Kills the process when it is touched for the last time."""

    def __init__(self, touches: int) -> None:
        self._touches_left = touches

    def touch(self) -> None:
        """Come closer to the end."""
        self._touches_left -= 1
        if self._touches_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingTally(Tally):
    """Dies after its writes, before its transaction has ended."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        await super().apply(amounts, effects)
        self._fuse.touch()


async def main(engine: Engine, where: str, after: int) -> None:
    fuse = Fuse(after)
    log = GatedLog(await engine.log())
    if where == "append":
        log.after_append = fuse.touch

    def wrapped(store: object) -> GatedStore:
        gated = GatedStore(store)
        if where == "commit":
            gated.after_commit = fuse.touch
        return gated

    handler = DyingTally(fuse) if where == "apply" else Tally()
    async with running(engine, log=log, handler=handler, wrapped=wrapped, messages_at_once=20) as process:
        await eventually(process.caught_up)
    await log.close()


if __name__ == "__main__":
    log_url, store_url, topic_prefix = json.loads(sys.argv[1])
    asyncio.run(main(Engine(log_url, store_url, topic_prefix), sys.argv[2], int(sys.argv[3])))
