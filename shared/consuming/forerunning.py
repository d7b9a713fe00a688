"""A process that reads the log ahead of a consumer that is far behind: ``python -m shared.consuming.forerunning``.

A ``Forerunner`` starts it. On standard input it gets an ``Errand``, and later the stretches to read; on standard output
it gives an empty frame once it is ready, and then a ``Part`` after the other, until it has read them all. When anything
goes wrong it ends, with a status other than 0: whoever started it reads for itself then, and meets the same.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import signal
import sys
import traceback
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from shared.consuming.effects import Rejection
from shared.consuming.hearing import Hearing
from shared.consuming.stretches import read_stretches
from shared.log import open_log
from shared.log.port import Batch, EventLog, LogAddress, LoggedMessage, TopicPartition

LENGTH_BYTES = 4
"""Before each frame stands how long it is."""
FIRST_PART = 2_000
COLLECT_AFTER = (50_000, 20, 100)
"""All that is made here is of one part, and goes with it: looking for cycles would find none."""

Gathered = TypeVar("Gathered")


class Gatherer(Protocol):
    """Works out what messages say, as far as that can be done without the store. Pure."""

    def read(self, message: LoggedMessage, /) -> Any:
        """As a handler's. Raises RejectEvent."""

    def gather(self, heard: Sequence[Any], /) -> Any:
        """What all of ``heard`` comes to; msgspec encodes it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Which log is read, and by what. It is pickled.

    ``at_least`` messages make a part; the first ones have fewer, for somebody waits for them, and the last one.
    """

    log: LogAddress
    topics: Sequence[str]
    make_gatherer: Callable[[], Gatherer]
    at_least: int


class Stretch(NamedTuple):
    """What is to be read of a partition: from ``first_offset`` until before ``end``."""

    topic: str
    partition: int
    first_offset: int
    end: int


class Run(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was read of a partition in a row: ``next_offset`` follows it."""

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    message_count: int


class Part(msgspec.Struct, Generic[Gathered], frozen=True, array_like=True, gc=False):
    """What some messages come to, and those of them that say nothing readable."""

    runs: list[Run]
    gathered: Gathered
    rejections: list[Rejection]

    @property
    def first_offsets(self) -> dict[TopicPartition, int]:
        """Where it begins in each partition."""
        return {TopicPartition(run.topic, run.partition): run.first_offset for run in self.runs}

    @property
    def next_offsets(self) -> dict[TopicPartition, int]:
        """Where each partition goes on after it."""
        return {TopicPartition(run.topic, run.partition): run.next_offset for run in self.runs}

    @property
    def message_count(self) -> int:
        """How many messages it was read from."""
        return sum(run.message_count for run in self.runs)


@dataclass(slots=True)
class _PartInMaking:
    """What was read for the next part."""

    runs: dict[TopicPartition, Run] = field(default_factory=dict)
    heard: list[Any] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def message_count(self) -> int:
        """How many messages were read."""
        return sum(run.message_count for run in self.runs.values())

    def take(self, batch: Batch, hearing: Hearing) -> None:
        """Read the messages of ``batch``."""
        heard, rejections = hearing.of(batch)
        self.heard += heard
        self.rejections += rejections
        for at, messages in batch.items():
            before = self.runs.get(at)
            first_offset = messages[0].offset if before is None else before.first_offset
            count = len(messages) + (0 if before is None else before.message_count)
            self.runs[at] = Run(*at, first_offset, messages[-1].offset + 1, count)

    def encoded(self, gatherer: Gatherer) -> bytes:
        """As a ``Part``."""
        return _encode(Part(list(self.runs.values()), gatherer.gather(self.heard), self.rejections))


def main() -> None:
    """Do one errand. Ctrl-C is for whoever started this process, and who ends it."""
    sys.excepthook = _tell
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        errand: Errand = pickle.loads(read_frame(sys.stdin.buffer))  # noqa: S301 - from whoever started this process
        asyncio.run(_go(errand))
    except (EOFError, BrokenPipeError):
        """Whoever started this has gone, or needs it no more."""


def _tell(kind: type[BaseException], _: BaseException, where: TracebackType | None) -> None:
    """Which error and where, without its text: that may quote a person's data."""
    traceback.print_tb(where)
    sys.stderr.write(f"shared.consuming.forerunning: {kind.__name__}\n")


async def _go(errand: Errand) -> None:
    gatherer = errand.make_gatherer()
    log = open_log(errand.log.url, topic_prefix=errand.log.topic_prefix, reads_inline=True)
    try:
        await log.open(list(errand.topics), partition_count=errand.log.partition_count)
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        write_frame(sys.stdout.buffer, b"")
        stretches = _decode_stretches(await asyncio.to_thread(read_frame, sys.stdin.buffer))
        writing: asyncio.Future[None] | None = None
        async for part in _parts(log, errand, gatherer, stretches):
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(asyncio.to_thread(write_frame, sys.stdout.buffer, part))
        if writing is not None:
            await writing
    finally:
        await log.close()


async def _parts(
    log: EventLog, errand: Errand, gatherer: Gatherer, stretches: Sequence[Stretch]
) -> AsyncGenerator[bytes, None]:
    """Each part, encoded."""
    start = {TopicPartition(each.topic, each.partition): each.first_offset for each in stretches}
    until = {TopicPartition(each.topic, each.partition): each.end for each in stretches}
    hearing = Hearing(gatherer.read)
    part, enough = _PartInMaking(), min(FIRST_PART, errand.at_least)
    batches = read_stretches(log, errand.topics, start=start, until=until, at_once=enough)
    async with aclosing(batches):
        async for batch in batches:
            part.take(batch, hearing)
            if part.message_count >= enough:
                yield part.encoded(gatherer)
                part, enough = _PartInMaking(), min(enough * 2, errand.at_least)
    if part.message_count:
        yield part.encoded(gatherer)


def read_frame(stream: IO[bytes]) -> bytes:
    """The next frame. Raises EOFError where there is none, or not all of it."""
    return _read_whole(stream, int.from_bytes(_read_whole(stream, LENGTH_BYTES), "big"))


def _read_whole(stream: IO[bytes], byte_count: int) -> bytes:
    content = stream.read(byte_count)
    if len(content) < byte_count:
        raise EOFError("the other side has closed the pipe")
    return content


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Give ``content`` as a frame. Raises BrokenPipeError."""
    stream.write(len(content).to_bytes(LENGTH_BYTES, "big"))
    stream.write(content)
    stream.flush()


_encode = msgspec.msgpack.Encoder().encode
_decode_stretches = msgspec.msgpack.Decoder(list[Stretch]).decode

if __name__ == "__main__":
    main()
