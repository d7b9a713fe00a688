"""Adding messages to the file of the SQLite log, and knowing where its topics end. Runs on the writer's thread.

A process learns where a topic ends once and then counts for itself. Another process may append meanwhile;
then both name the same segment, the primary key lets one of them pass, and the other reads on and tries again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.errors import RetryLater
from shared.log.port import Position
from shared.log.sqlite_file import one_commit
from shared.log.sqlite_reading import Ends, Topic, read_ends
from shared.log.sqlite_segments import Entries, Statement, addition

MAX_COMMIT_BYTES = 200_000  # measured: while one part of many waiting appends is written, those of the other
# part are answered and come with more; a commit twice as large leaves the disk idle then
MAX_COLLISIONS = 100  # with other processes, in one commit

Progress = dict[Topic, Ends]
"""Topics that may have new messages, and where they end now."""

Results = Sequence[tuple[asyncio.Future[Any], Any]]
"""Futures, and what to set them to: a result, or an exception."""


class Append(msgspec.Struct, frozen=True, gc=False):
    """Messages for one topic, and who waits for their positions."""

    topic: Topic
    entries: Entries
    byte_count: int
    done: asyncio.Future[list[Position]]


class Committer:
    """Commits appends with the writer's connection."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._ends: Progress = {}
        self._data_version = 0

    def progress_of_others(self, topics: Sequence[Topic]) -> Progress:
        """Where ``topics`` end, when another process has written since the last look; else nothing."""
        (data_version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if data_version == self._data_version:
            return {}
        found = {topic: read_ends(self._connection, topic, self._ends.get(topic)) for topic in topics}
        self._ends |= found
        self._data_version = data_version
        return found

    def add(self, appends: Sequence[Append]) -> tuple[Results, Progress]:
        """Make all appends durable; return the positions for each, and where their topics then end.

        Raises what SQLite raises, and RetryLater when other processes leave no room.
        """
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


def commit_groups(appends: Sequence[Append]) -> Iterator[Sequence[Append]]:
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
    with one_commit(connection):
        for statement in statements:
            connection.execute(*statement)
