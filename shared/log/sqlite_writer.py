"""The one thread that writes the file of the SQLite log.

Group commit: whatever waits while a commit runs is written together by the next one. In the usual case a
commit is a single INSERT outside of a transaction, so the thread gives up the interpreter's lock once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Any, NamedTuple

from shared.errors import RetryLater
from shared.log.port import Position
from shared.log.sqlite_checkpoint import Checkpointer
from shared.log.sqlite_committing import Append, Committer, Progress, Results, commit_groups
from shared.log.sqlite_file import retrying_later
from shared.log.sqlite_reading import Topic
from shared.log.sqlite_segments import Entries
from shared.metrics import LOG_APPEND_DURATION


class Call(NamedTuple):
    """Something else to do with the writer's connection, and who waits for the result."""

    function: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]


@dataclass(slots=True)
class Work:
    """What was asked for between two looks of the writer; ``since`` (``monotonic``) the first of it waits."""

    since: float = field(default_factory=monotonic)
    appends: list[Append] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


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
        self._gathered: Work | None = None
        self._handed_over: SimpleQueue[Work | None] = SimpleQueue()
        self._in_work: Work | None = None
        self._committer = Committer(path, connection)
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    # What follows runs on the event loop's thread.

    def append(self, topic: Topic, entries: Entries, byte_count: int) -> asyncio.Future[list[Position]]:
        """Have the entries written; the future holds their positions once they are durable."""
        done: asyncio.Future[list[Position]] = self._loop.create_future()
        work = self._gathered or self._begin()
        work.appends.append(Append(topic, entries, byte_count, done))
        return done

    def call(self, function: Callable[[sqlite3.Connection], Any]) -> asyncio.Future[Any]:
        """Run ``function`` on the writer's thread and connection."""
        done: asyncio.Future[Any] = self._loop.create_future()
        work = self._gathered or self._begin()
        work.calls.append(Call(function, done))
        return done

    def look_for_others(self, topics: Sequence[Topic]) -> asyncio.Future[Progress]:
        """Learn what other processes appended to ``topics``: empty when nothing was written by others."""
        wanted = tuple(topics)
        return self.call(lambda _: self._committer.progress_of_others(wanted))

    async def stop(self) -> None:
        """Do what waits, end the threads and close the connection."""
        self._hand_over()
        self._handed_over.put(None)
        await asyncio.to_thread(self._thread.join)

    def _begin(self) -> Work:
        """Begin to gather: what one turn of the loop asks for is handed over at once."""
        if self._has_ended:
            raise RuntimeError("the writer of the event log has ended")
        self._loop.call_soon(self._hand_over)
        self._gathered = Work()
        return self._gathered

    def _hand_over(self) -> None:
        if self._gathered is not None:
            self._handed_over.put(self._gathered)
            self._gathered = None

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
            while (work := self._take()) is not None:
                for group in commit_groups(work.appends):
                    self._write(group, work.since)
                    checkpointer.after_commit(self._connection, sum(append.byte_count for append in group))
                for call in work.calls:
                    self._make(call)
        finally:
            checkpointer.stop()
            self._connection.close()
            self._abandon()

    def _take(self) -> Work | None:
        """Wait for work and take all that is there; None when there is none and will be none."""
        self._in_work = work = self._handed_over.get()
        while work is not None and not self._handed_over.empty():
            more = self._handed_over.get()
            if more is None:
                self._handed_over.put(None)  # for the next time, when this is done
                break
            work.appends += more.appends
            work.calls += more.calls
        return work

    def _write(self, appends: Sequence[Append], since: float) -> None:
        results: Results
        progress: Progress = {}
        try:
            with retrying_later(self._path):
                results, progress = self._committer.add(appends)
        except (RetryLater, sqlite3.Error) as error:
            results = [(append.done, error) for append in appends]
        for topic in progress:  # observing every append would cost more than writing it
            LOG_APPEND_DURATION.labels(topic.name).observe(monotonic() - since)
        self._loop.call_soon_threadsafe(self._deliver, results, progress)

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
            left.append(self._handed_over.get())
        self._loop.call_soon_threadsafe(self._fail, left)

    def _fail(self, left: Sequence[Work | None]) -> None:
        self._has_ended = True
        ended = RuntimeError("the writer of the event log has ended")
        for work in (*left, self._gathered):
            if work is not None:
                self._deliver([(append.done, ended) for append in work.appends], {})
                self._deliver([(call.done, ended) for call in work.calls], {})
