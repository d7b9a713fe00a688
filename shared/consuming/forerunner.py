"""Reading by a process of its own, ahead of a consumer that is far behind.

Reading and decoding is most of what a consumer does, and Python does one thing at a time in a process. So where much
is waiting, a second process does that and works out what can be worked out without the store, and the first applies
what it is given. Nothing depends on it: what comes is applied only where the positions are those that it begins at, and
whoever gets nothing reads for itself.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import Any

import msgspec

from shared.consuming.effects import Effects
from shared.consuming.forerunning import Errand, Gatherer, Part, Stretch, read_frame, write_frame
from shared.consuming.offsets import NextOffsets
from shared.log.port import LogAddress
from shared.logging import get_logger

COMMAND = "from shared.consuming.forerunning import main; main()"
PIPE_BYTES = 262_144
"""So much goes through at once."""
PATIENCE_S = 30.0
"""Whoever takes longer for anything won't come to it."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """How a forerunner reads for a handler, and from how many waiting messages on it is worth one.

    ``make_gatherer`` can be pickled. What its gatherer gathers, msgspec decodes as ``gathered_type``, and ``apply``
    applies as ``Handler.apply`` would what it was gathered from: maybe again, after an attempt that came to nothing.
    ``at_least`` messages are applied at once.
    """

    make_gatherer: Callable[[], Gatherer]
    gathered_type: Any
    apply: Callable[[Any, Effects], Awaitable[None]]
    at_least: int
    from_messages: int


class Forerunner:
    """One process, from ``start`` to ``close``. Whatever becomes of it, no method raises for it."""

    def __init__(self, name: str, ahead: Ahead, log: LogAddress, topics: Sequence[str]) -> None:
        self.ahead = ahead
        self._name = name
        self._errand = Errand(log, [*map(str, topics)], ahead.make_gatherer, ahead.at_least)
        self._decode = msgspec.msgpack.Decoder(Part[ahead.gathered_type]).decode  # type: ignore[name-defined]
        self._process: Popen[bytes] | None = None
        self._first_frame: asyncio.Task[bytes | None] | None = None
        self._coming: asyncio.Task[Part[Any] | None] | None = None

    async def start(self) -> None:
        """Start it. It takes a second or so until it is ready."""
        try:
            self._process = _started()
        except OSError as error:
            self._tell(f"it can't be started: {error}")
            return
        errand = pickle.dumps(self._errand)
        self._first_frame = asyncio.create_task(asyncio.to_thread(_answer, self._process, errand))

    @property
    def has_answered(self) -> bool:
        """Whether it is ready for ``go``, or nothing can come of it any more."""
        return self._first_frame is None or self._first_frame.done()

    async def answer(self) -> None:
        """Wait until it has, though not for ever."""
        if self._first_frame is not None:
            await asyncio.wait({self._first_frame}, timeout=PATIENCE_S)

    @property
    def has_gone(self) -> bool:
        """Whether ``go`` was called."""
        return self._coming is not None

    def go(self, start: NextOffsets, until: NextOffsets) -> None:
        """Have all messages from ``start`` on read that stand before ``until``, once it has answered."""
        stretches = [Stretch(*partition, start.get(partition, 0), end) for partition, end in until.items()]
        self._coming = asyncio.create_task(self._part(msgspec.msgpack.encode(stretches)))

    async def next(self) -> Part[Any] | None:
        """The next part; None where that was all, or it broke off. The one after it is read meanwhile."""
        assert self._coming is not None, "it was told to go"
        await asyncio.wait({self._coming}, timeout=PATIENCE_S)
        if not self._coming.done():
            self._tell("it doesn't answer")
            return None
        part = self._coming.result()
        if part is not None:
            self._coming = asyncio.create_task(self._part())
        return part

    async def close(self) -> None:
        """End it, wherever it is."""
        for task in (self._first_frame, self._coming):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._process is not None:
            await asyncio.to_thread(_ended, self._process)

    async def _part(self, told: bytes = b"") -> Part[Any] | None:
        process = self._process
        if process is None:
            return None
        frame = await asyncio.to_thread(_answer, process, told)
        if frame is None:
            if status := await asyncio.to_thread(process.wait):
                self._tell(f"it ended with status {status}")
            return None
        try:
            return self._decode(frame)
        except msgspec.DecodeError as error:
            self._tell(f"what it says can't be read: {type(error).__name__}")
            return None

    def _tell(self, reason: str) -> None:
        get_logger(self._name).warning("forerunner-done-without", reason=reason)


def _started() -> Popen[bytes]:
    """It takes a millisecond or two until it runs, whatever it does then."""
    command = [sys.executable, "-c", COMMAND]
    return Popen(command, stdin=PIPE, stdout=PIPE, pipesize=PIPE_BYTES)  # noqa: S603 - a program of ours


# What waits for the process, in a thread: whoever is to stop ends the process, and the waiting with it.


def _answer(process: Popen[bytes], told: bytes) -> bytes | None:
    """What comes next from ``process``, which is ``told`` something before, if that isn't empty; None where it has
    ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, EOFError):
        if told:
            write_frame(process.stdin, told)
        return read_frame(process.stdout)
    return None


def _ended(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.close()
