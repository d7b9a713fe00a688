"""What is read from the file of the SQLite log, messages excepted: topics, ends, commits and places.

Plain functions over a connection, run on the thread that has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Topic(NamedTuple):
    """A topic as the file has it."""

    id: int
    name: str
    partition_count: int


class Ends(NamedTuple):
    """Where a topic ends: its messages, its payload bytes, and the ``next_offset`` of each partition."""

    seq: int
    byte: int
    offsets: tuple[int, ...]


class Place(NamedTuple):
    """Where one partition is read. ``offset`` None: where the group committed. ``seq``: no segment before it
    holds the message at ``offset``; None: not looked up yet."""

    offset: int | None
    seq: int | None


def read_topics(connection: sqlite3.Connection) -> list[Topic]:
    """All topics in the file."""
    return [Topic(*row) for row in connection.execute("SELECT id, name, partition_count FROM topics")]


def read_ends(connection: sqlite3.Connection, topic: Topic, known: Ends | None) -> Ends:
    """Where ``topic`` ends now, reading only what was appended after ``known``."""
    seq, byte, known_offsets = known or _marked_ends(connection, topic)
    offsets = list(known_offsets)
    rows = connection.execute(
        f"""
        SELECT partition, max(first_offset + message_count), max(seq + message_count),
               max(start_byte + length(payload))
        FROM segments_{topic.id} WHERE seq >= ? GROUP BY partition
        """,  # noqa: S608 - only a number of our own is put in
        (seq,),
    )
    for partition, next_offset, next_seq, next_byte in rows.fetchall():
        offsets[partition] = next_offset
        seq, byte = max(seq, next_seq), max(byte, next_byte)
    return Ends(seq, byte, tuple(offsets))


def _marked_ends(connection: sqlite3.Connection, topic: Topic) -> Ends:
    """Where ``topic`` ended at its last mark; a segment follows, so its bytes needn't be known."""
    offsets, seq = [0] * topic.partition_count, 0
    rows = connection.execute(
        "SELECT partition, max(first_offset), max(seq) FROM marks WHERE topic_id = ? GROUP BY partition",
        (topic.id,),
    )
    for partition, offset, marked_seq in rows.fetchall():
        offsets[partition], seq = offset, max(seq, marked_seq)
    return Ends(seq, 0, tuple(offsets))


def read_committed(connection: sqlite3.Connection, topic: Topic, group: str) -> list[int]:
    """What ``group`` committed, by partition; 0 where it never did."""
    offsets = [0] * topic.partition_count
    rows = connection.execute(
        "SELECT partition, next_offset FROM committed WHERE group_name = ? AND topic_id = ?",
        (group, topic.id),
    )
    for partition, next_offset in rows.fetchall():
        offsets[partition] = next_offset
    return offsets


def resolve(
    connection: sqlite3.Connection, topic: Topic, group: str | None, places: Mapping[int, Place], end_seq: int
) -> dict[int, Place]:
    """Look up what the places leave open. ``end_seq``: an end of the topic that was seen before this call."""
    committed: Sequence[int] = ()
    if group is not None and any(place.offset is None for place in places.values()):
        committed = read_committed(connection, topic, group)
    resolved = {}
    for partition, place in places.items():
        started = committed[partition] if committed else 0
        offset = started if place.offset is None else place.offset
        is_known = place.seq is not None
        seq = place.seq if is_known else _find_segment(connection, topic, partition, offset, end_seq)
        resolved[partition] = Place(offset, seq)
    return resolved


def _find_segment(
    connection: sqlite3.Connection, topic: Topic, partition: int, offset: int, end_seq: int
) -> int:
    """The segment that holds ``offset`` of ``partition``, or ``end_seq`` when there is none yet."""
    mark = connection.execute(
        "SELECT seq FROM marks WHERE topic_id = ? AND partition = ? AND first_offset <= ?"
        " ORDER BY first_offset DESC LIMIT 1",
        (topic.id, partition, offset),
    ).fetchone()
    found = connection.execute(
        f"""
        SELECT seq FROM segments_{topic.id}
        WHERE seq >= ? AND partition = ? AND first_offset + message_count > ? ORDER BY seq LIMIT 1
        """,  # noqa: S608 - only a number of our own is put in
        (mark[0] if mark else 0, partition, offset),
    ).fetchone()
    return int(found[0]) if found else end_seq
