"""What one commit adds to a topic of the SQLite log: segments, and now and then marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from shared.log.port import Position
from shared.log.sqlite_reading import Ends, Topic

MAX_SEGMENT_BYTES = 65_536  # a poll that wants one message decodes its whole segment
MARK_EVERY_MESSAGES = 4096  # a seek looks through about so many messages at most

Entries = Sequence[tuple[int, bytes]]
"""Messages in order: the partition and the encoded message."""


class Statement(NamedTuple):
    """SQL and its parameters."""

    sql: str
    parameters: Sequence[Any]


class Addition(NamedTuple):
    """What to execute, where every message then stands, and where the topic then ends."""

    statements: list[Statement]
    positions: list[list[Position]]
    ends: Ends


def addition(topic: Topic, ends: Ends, entries_of_calls: Sequence[Entries]) -> Addition:
    """Add the messages of some calls behind ``ends``, in the order of the calls."""
    waiting: defaultdict[int, list[bytes]] = defaultdict(list)
    next_offsets, name = list(ends.offsets), topic.name
    positions = []
    for entries in entries_of_calls:
        of_call = []
        for partition, encoded in entries:
            waiting[partition].append(encoded)
            next_offsets[partition] = next_offset = next_offsets[partition] + 1
            of_call.append(Position(name, partition, next_offset))
        positions.append(of_call)
    seq, byte, offsets = ends.seq, ends.byte, list(ends.offsets)
    parameters: list[int | bytes] = []
    for partition, messages in waiting.items():
        for count, payload in _payloads(messages):
            parameters += (seq, partition, offsets[partition], count, byte, payload)
            seq, byte = seq + count, byte + len(payload)
            offsets[partition] += count
    statements = [_insert(f"INSERT INTO segments_{topic.id} VALUES", 6, parameters)]
    if seq // MARK_EVERY_MESSAGES > ends.seq // MARK_EVERY_MESSAGES:
        statements.append(_marks(topic, ends))
    return Addition(statements, positions, Ends(seq, byte, tuple(offsets)))


def _marks(topic: Topic, ends: Ends) -> Statement:
    """Note where every partition stood at ``ends``: at the segment that the same transaction adds there."""
    parameters: list[int] = []
    for partition, offset in enumerate(ends.offsets):
        parameters += (topic.id, partition, offset, ends.seq)
    return _insert("INSERT OR REPLACE INTO marks VALUES", 4, parameters)


def _insert(command: str, column_count: int, parameters: Sequence[Any]) -> Statement:
    row = f"({','.join('?' * column_count)})"
    return Statement(f"{command} {','.join([row] * (len(parameters) // column_count))}", parameters)


def _payloads(messages: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Cut the messages of a partition into payloads of about ``MAX_SEGMENT_BYTES`` at most."""
    payload = b"".join(messages)
    if len(payload) <= MAX_SEGMENT_BYTES:
        yield len(messages), payload
        return
    first = size = 0
    for i, message in enumerate(messages):
        if size and size + len(message) > MAX_SEGMENT_BYTES:
            yield i - first, b"".join(messages[first:i])
            first, size = i, 0
        size += len(message)
    yield len(messages) - first, b"".join(messages[first:])
