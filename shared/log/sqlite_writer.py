"""The one thread that writes the file of the SQLite log.

Group commit: whatever waits while a commit runs is written together by the next one. In the usual case a
commit is a single INSERT outside of a transaction, so the thread gives up the interpreter's lock once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from shared.errors import RetryLater
from shared.log.port import Position
from shared.log.sqlite_checkpoint import Checkpointer
from shared.log.sqlite_file import retrying_later
from shared.log.sqlite_reading import Ends, Topic, read_ends
from shared.log.sqlite_segments import Entries, Statement, addition

MAX_COMMIT_BYTES = 16_000_000
MAX_COLLISIONS = 100  # with other processes, in one commit

Progress = dict[Topic, Ends]
"""Topics that may have new messages, and where they end now."""


class Append(NamedTuple):
    """Messages for one topic, and who waits for their positions."""

    topic: Topic
    entries: Entries
    byte_count: int
    done: asyncio.Future[list[Position]]


class Call(NamedTuple):
    """Something else to do with the writer's connection, and who waits for the result."""

    function: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]


class Work(NamedTuple):
    """What one turn of the event loop asked for."""

    appends: list[Append]
    calls: list[Call]


Results = Sequence[tuple[asyncio.Future[Any], Any]]
"""Futures, and what to set them to: a result, or an exception."""


class Writer:
    """Takes jobs from an event loop, and tells it of their results and of the log's progress."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, on_progress: Callable[[Progress], None]
    ) -> None:
        self._path = path
        self._connection = connection
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._has_ended = False
        self._gathered = Work([], [])
        self._handed_over: SimpleQueue[Work | None] = SimpleQueue()
        self._in_work = Work([], [])
        self._ends: Progress = {}
        self._data_version = 0
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    # What follows runs on the event loop's thread.

    def append(self, topic: Topic, entries: Entries, byte_count: int) -> asyncio.Future[list[Position]]:
        """Have the entries written; the future holds their positions once they are durable."""
        done: asyncio.Future[list[Position]] = self._loop.create_future()
        self._gather().appends.append(Append(topic, entries, byte_count, done))
        return done

    def call(self, function: Callable[[sqlite3.Connection], Any]) -> asyncio.Future[Any]:
        """Run ``function`` on the writer's thread and connection."""
        done: asyncio.Future[Any] = self._loop.create_future()
        self._gather().calls.append(Call(function, done))
        return done

    def look_for_others(self, topics: Sequence[Topic]) -> asyncio.Future[Progress]:
        """Learn what other processes appended to ``topics``: empty when nothing was written by others."""
        return self.call(partial(self._progress_of_others, tuple(topics)))

    async def stop(self) -> None:
        """Do what waits, end the threads and close the connection."""
        self._hand_over()
        self._handed_over.put(None)
        await asyncio.to_thread(self._thread.join)

    def _gather(self) -> Work:
        """The work to add to: what one turn of the loop asks for is handed over at once."""
        if self._has_ended:
            raise RuntimeError("the writer of the event log has ended")
        if not (self._gathered.appends or self._gathered.calls):
            self._loop.call_soon(self._hand_over)
        return self._gathered

    def _hand_over(self) -> None:
        self._handed_over.put(self._gathered)
        self._gathered = Work([], [])

    def _deliver(self, results: Results, progress: Progress) -> None:
        self._on_progress(progress)
        for done, result in results:
            if done.done():  # its caller was cancelled
                continue
            if isinstance(result, Exception):
                done.set_exception(copy(result))  # each raises its own
            else:
                done.set_result(result)

    # What follows runs on the writer's thread.

    def _run(self) -> None:
        checkpointer = Checkpointer(self._path)
        try:
            while self._take():
                for group in _commit_groups(self._in_work.appends):
                    self._write(group)
                    checkpointer.after_commit(self._connection, sum(append.byte_count for append in group))
                for call in self._in_work.calls:
                    self._make(call)
        finally:
            checkpointer.stop()
            self._connection.close()
            self._abandon()

    def _take(self) -> bool:
        """Wait for work and take all that is there; False when there is none and will be none."""
        self._in_work = Work([], [])
        is_empty = True
        while is_empty or not self._handed_over.empty():
            work = self._handed_over.get()
            if work is None:
                self._handed_over.put(None)  # for the next time, when this is done
                break
            self._in_work.appends.extend(work.appends)
            self._in_work.calls.extend(work.calls)
            is_empty = False
        return not is_empty

    def _write(self, appends: Sequence[Append]) -> None:
        results: Results
        progress: Progress = {}
        try:
            with retrying_later(self._path):
                results, progress = self._add(appends)
        except (RetryLater, sqlite3.Error) as error:
            results = [(append.done, error) for append in appends]
        self._loop.call_soon_threadsafe(self._deliver, results, progress)

    def _add(self, appends: Sequence[Append]) -> tuple[Results, Progress]:
        for _ in range(MAX_COLLISIONS):
            statements, results, progress = self._plan(appends)
            try:
                _execute(self._connection, statements)
            except sqlite3.IntegrityError:  # another process was first: plan anew, behind its messages
                for topic in progress:
                    self._ends[topic] = read_ends(self._connection, topic, self._ends[topic])
                continue
            self._ends |= progress
            return results, progress
        raise RetryLater(f"事件日志文件 {self._path} 正被别的程序不停地写入。")

    def _plan(self, appends: Sequence[Append]) -> tuple[list[Statement], Results, Progress]:
        by_topic: defaultdict[int, list[Append]] = defaultdict(list)
        for append in appends:
            by_topic[append.topic.id].append(append)
        statements: list[Statement] = []
        results: list[tuple[asyncio.Future[Any], Any]] = []
        progress: Progress = {}
        for of_topic in by_topic.values():
            topic = of_topic[0].topic
            added = addition(topic, self._ends_of(topic), [append.entries for append in of_topic])
            statements += added.statements
            results += zip([append.done for append in of_topic], added.positions, strict=True)
            progress[topic] = added.ends
        return statements, results, progress

    def _ends_of(self, topic: Topic) -> Ends:
        if topic not in self._ends:
            self._ends[topic] = read_ends(self._connection, topic, None)
        return self._ends[topic]

    def _progress_of_others(self, topics: Sequence[Topic], connection: sqlite3.Connection) -> Progress:
        (data_version,) = connection.execute("PRAGMA data_version").fetchone()
        if data_version == self._data_version:
            return {}
        found = {topic: read_ends(connection, topic, self._ends.get(topic)) for topic in topics}
        self._ends |= found
        self._data_version = data_version
        return found

    def _make(self, call: Call) -> None:
        result: Any
        try:
            with retrying_later(self._path):
                result = call.function(self._connection)
        except (RetryLater, sqlite3.Error) as error:
            result = error
        self._loop.call_soon_threadsafe(self._deliver, [(call.done, result)], {})

    def _abandon(self) -> None:
        """Tell those who still wait, should a bug have ended the thread, that nothing more will come."""
        left = [self._in_work]
        while not self._handed_over.empty():
            left.append(self._handed_over.get() or Work([], []))
        self._loop.call_soon_threadsafe(self._fail, left)

    def _fail(self, left: Sequence[Work]) -> None:
        self._has_ended = True
        ended = RuntimeError("the writer of the event log has ended")
        for work in [*left, self._gathered]:
            self._deliver([(append.done, ended) for append in work.appends], {})
            self._deliver([(call.done, ended) for call in work.calls], {})


def _commit_groups(appends: Sequence[Append]) -> Iterator[Sequence[Append]]:
    """Cut the appends into commits of about ``MAX_COMMIT_BYTES`` at most."""
    first = size = 0
    for i, append in enumerate(appends):
        if size and size + append.byte_count > MAX_COMMIT_BYTES:
            yield appends[first:i]
            first, size = i, 0
        size += append.byte_count
    if appends:
        yield appends[first:]


def _execute(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """Execute all or nothing; durable on return."""
    if len(statements) == 1:  # is its own transaction
        connection.execute(*statements[0])
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(*statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
