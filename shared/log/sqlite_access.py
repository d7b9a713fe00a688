"""One process's access to the file of the SQLite log: the writer's thread, the reader's, and what is known
on the event loop about where topics end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from shared.errors import RetryLater
from shared.log.port import LoggedMessage, Position
from shared.log.sqlite_committing import Progress
from shared.log.sqlite_file import SEGMENTS_SCHEMA, connect, one_commit, prepare, retrying_later
from shared.log.sqlite_reading import Ends, Place, Topic, read_committed, read_ends, read_topics, resolve
from shared.log.sqlite_scan import Scanner
from shared.log.sqlite_segments import Entries
from shared.log.sqlite_writer import Writer

LOOK_FOR_OTHERS_EVERY_S = 0.25

_T = TypeVar("_T")


class Wish(NamedTuple):
    """Something to read: partitions of one topic, and the places where they are read."""

    topic: Topic
    places: Mapping[int, Place]


class Found(NamedTuple):
    """What was read of a wish: messages by partition, and the places after them."""

    messages: Mapping[int, list[LoggedMessage]]
    places: Mapping[int, Place]


class FileAccess:
    """Use by one event loop. ``start`` first; every method raises RetryLater when the file can't be used.

    ``reads_inline``: in the loop's own thread. What another thread has read lies in another processor's cache, and
    Python makes one of them wait anyway; but nothing else goes on meanwhile.
    """

    def __init__(self, path: Path, topic_prefix: str, *, reads_inline: bool = False) -> None:
        self._path = path
        self._topic_prefix = topic_prefix
        self._writer: Writer | None = None
        self._reading_connection: sqlite3.Connection | None = None
        self._reading_thread = (
            None if reads_inline else ThreadPoolExecutor(1, thread_name_prefix="log-reader")
        )
        self._watching: asyncio.Task[None] | None = None
        self._ends: dict[Topic, Ends] = {}
        self._waiters: dict[Topic, set[asyncio.Future[None]]] = {}

    async def start(self, topic_names: Sequence[str], partition_count: int) -> dict[str, Topic]:
        """Open the file, make the topics that aren't there, and return all, by name without the prefix."""
        if self._writer is None:
            writing, reading = await self._reading(lambda: _connect(self._path))
            self._reading_connection = reading
            self._writer = Writer(self._path, writing, self._note_progress)
        names = [self._topic_prefix + name for name in topic_names]
        topics = self._own(await self._writer.call(lambda c: _make_topics(c, names, partition_count)))
        ends = await self._writer.call(lambda c: {topic: read_ends(c, topic, None) for topic in topics})
        for topic in topics:
            self._waiters.setdefault(topic, set())
            self._ends.setdefault(topic, ends[topic])
        return {topic.name: topic for topic in topics}

    def _own(self, topics: Iterable[Topic]) -> list[Topic]:
        prefix = self._topic_prefix
        return [
            topic._replace(name=topic.name.removeprefix(prefix))
            for topic in topics
            if topic.name.startswith(prefix)
        ]

    async def stop(self) -> None:
        """Write what waits and close the file."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._writer is not None:
            await self._writer.stop()
        if self._reading_connection is not None:
            await self._reading(self._reading_connection.close)
        if self._reading_thread is not None:
            self._reading_thread.shutdown(wait=False)

    def append(self, topic: Topic, entries: Entries, byte_count: int) -> asyncio.Future[list[Position]]:
        """Have the entries written; the future holds their positions once they are durable."""
        return self._writing().append(topic, entries, byte_count)

    async def commit(self, group: str, positions: Sequence[tuple[Topic, int, int]]) -> None:
        """Note a group's (topic, partition, next_offset). Visible at once, durable with the next append."""
        rows = [(group, topic.id, partition, offset) for topic, partition, offset in positions]
        await self._writing().call(lambda connection: _commit(connection, rows))

    async def committed(self, topic: Topic, group: str) -> list[int]:
        """What the group committed, by partition."""
        return await self._read(lambda connection: read_committed(connection, topic, group))

    async def fresh_ends(self, topic: Topic) -> Ends:
        """Where ``topic`` ends at this moment, whoever appended."""
        known = self._ends[topic]
        ends = await self._read(lambda connection: read_ends(connection, topic, known))
        self._note_progress({topic: ends})
        return ends

    async def read(self, wishes: Sequence[Wish], group: str | None, max_messages: int) -> list[Found]:
        """Read at most ``max_messages`` for all wishes together, the first ones first."""
        ends = {wish.topic: self._ends[wish.topic] for wish in wishes}
        return await self._read(lambda connection: _read(connection, wishes, ends, group, max_messages))

    def ends_of(self, topic: Topic) -> Ends:
        """Where ``topic`` ends, as far as this process knows."""
        return self._ends[topic]

    async def wait_for_progress(
        self, topics: Iterable[Topic], news: asyncio.Future[None], timeout_s: float
    ) -> None:
        """Wait until there are more messages in one of ``topics``, or ``news`` is set otherwise."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        sets = [self._waiters[topic] for topic in topics]
        for waiters in sets:
            waiters.add(news)
        await asyncio.wait({news}, timeout=timeout_s)
        for waiters in sets:
            waiters.discard(news)

    async def _watch(self) -> None:
        """Learn of what other processes append: nobody else tells."""
        while True:
            await asyncio.sleep(LOOK_FOR_OTHERS_EVERY_S)
            with suppress(RetryLater):  # whoever reads next meets the same error and can say so
                self._note_progress(await self._writing().look_for_others(tuple(self._ends)))

    def _note_progress(self, progress: Progress) -> None:
        for topic, ends in progress.items():
            if ends.seq <= self._ends[topic].seq:
                continue
            self._ends[topic] = ends
            for waiter in self._waiters[topic]:
                if not waiter.done():
                    waiter.set_result(None)

    def _writing(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("the event log has not been opened")
        return self._writer

    async def _read(self, function: Callable[[sqlite3.Connection], _T]) -> _T:
        connection = self._reading_connection
        if connection is None:
            raise RuntimeError("the event log has not been opened")
        return await self._reading(lambda: function(connection))

    async def _reading(self, function: Callable[[], _T]) -> _T:
        with retrying_later(self._path):
            if self._reading_thread is None:
                return function()
            return await asyncio.get_running_loop().run_in_executor(self._reading_thread, function)


def _connect(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """A connection to write with, and one to read with."""
    writing = prepare(path)
    with ExitStack() as closing:
        closing.callback(writing.close)
        reading = connect(path)
        closing.pop_all()
    return writing, reading


def _make_topics(connection: sqlite3.Connection, names: Sequence[str], partition_count: int) -> list[Topic]:
    with one_commit(connection):
        there = {topic.name for topic in read_topics(connection)}
        for name in sorted(set(names) - there):
            made = connection.execute(
                "INSERT INTO topics (name, partition_count) VALUES (?, ?)", (name, partition_count)
            )
            connection.execute(SEGMENTS_SCHEMA.format(topic_id=made.lastrowid))
    return read_topics(connection)


def _commit(connection: sqlite3.Connection, rows: Sequence[tuple[str, int, int, int]]) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")  # nothing is decided by it, so it needn't cost an fsync
    try:
        connection.execute(
            f"INSERT OR REPLACE INTO committed VALUES {','.join(['(?,?,?,?)'] * len(rows))}",  # noqa: S608
            [value for row in rows for value in row],
        )
    finally:
        connection.execute("PRAGMA synchronous=FULL")


def _read(
    connection: sqlite3.Connection,
    wishes: Sequence[Wish],
    ends: Progress,
    group: str | None,
    max_messages: int,
) -> list[Found]:
    found = []
    room = max_messages
    for topic, places in wishes:
        end_seq = ends[topic].seq
        resolved = resolve(connection, topic, group, places, end_seq)
        scanner = Scanner(connection, topic, resolved, end_seq=end_seq, room=room)
        scanner.run()
        room -= sum(map(len, scanner.messages.values()))
        found.append(Found(scanner.messages, scanner.places))
    return found
