"""Reading messages from the file of the SQLite log.

A scan returns all its segments in one row: every row of a result costs a hand-over of the interpreter's
lock, and while the event loop is busy each of those may wait for a turn of the loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

import msgspec

from shared.log.port import LoggedMessage
from shared.log.sqlite_file import Record
from shared.log.sqlite_reading import Place, Topic

MAX_SCAN_BYTES = 16_000_000
_ARRAY32 = b"\xdd"  # MessagePack: an array whose length follows in four bytes

_UsualName = Literal[
    "ce_id", "ce_type", "ce_specversion", "ce_source", "ce_subject", "ce_time", "content-type"
]


class _UsualRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """As a ``Record``, with headers that nearly all messages have: their names needn't be made anew for each."""

    key: str
    headers: tuple[tuple[_UsualName, bytes], ...]
    value: bytes


_decode_usual = msgspec.msgpack.Decoder(list[_UsualRecord]).decode
_decode_any = msgspec.msgpack.Decoder(list[Record]).decode


def _decode(payload: bytes) -> list[Record]:
    try:
        return cast(list[Record], _decode_usual(payload))
    except msgspec.ValidationError:
        return _decode_any(payload)


class Segment(NamedTuple):
    """The place of a run of messages: ``seq`` messages of the topic stand before it."""

    seq: int
    partition: int
    first_offset: int
    message_count: int


class Scanner:
    """Reads at most ``room`` messages of one topic from resolved ``places``, and moves them.

    ``places`` that lie close together are read in one scan; the one named first has the first turn, so a
    caller that rotates them starves none, however far behind another may be.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        topic: Topic,
        places: Mapping[int, Place],
        *,
        end_seq: int,
        room: int,
    ) -> None:
        self.messages: dict[int, list[LoggedMessage]] = {}
        self.places = dict(places)
        self._connection = connection
        self._topic = topic
        self._end_seq = end_seq
        self._room = room
        self._byte_count = 0

    def run(self) -> None:
        """Read. ``messages`` stays empty only when nothing stands between the places and the end."""
        for partition in tuple(self.places):
            width = room_before = self._room
            while self._room == room_before > 0 and self._seq(partition) < self._end_seq:
                self._scan_around(self._seq(partition), width)
                width *= 2  # nothing of ours there: look further
            if self._byte_count >= MAX_SCAN_BYTES:
                break

    def _seq(self, partition: int) -> int:
        seq = self.places[partition].seq
        assert seq is not None, "a place is resolved before it is read"
        return seq

    def _scan_around(self, seq: int, width: int) -> None:
        """Scan ``width`` messages of the topic, with ``seq`` among them, for all places in that range."""
        first = min(self._seq(p) for p in self.places if seq - width < self._seq(p) <= seq)
        stop = first + width
        near = [p for p in self.places if first <= self._seq(p) < stop]
        segments, records, next_seq = self._fetch(near, first, stop)
        start = 0
        for segment in segments:
            is_whole = self._take(segment, records[start : start + segment.message_count])
            start += segment.message_count
            if not is_whole:
                next_seq = segment.seq
                break
        for partition in near:
            place = self.places[partition]
            self.places[partition] = Place(place.offset, max(self._seq(partition), next_seq))

    def _take(self, segment: Segment, records: list[Record]) -> bool:
        """Take what is new of a segment, as far as there is room; say whether that was all of it."""
        offset = self.places[segment.partition].offset or 0
        skipped = min(max(offset - segment.first_offset, 0), segment.message_count)
        taken = records[skipped : skipped + self._room]
        if taken:
            offset = segment.first_offset + skipped
            self.messages.setdefault(segment.partition, []).extend(
                [LoggedMessage(at, r.key, r.headers, r.value) for at, r in enumerate(taken, offset)]
            )
            self.places[segment.partition] = Place(offset + len(taken), segment.seq)
            self._room -= len(taken)
        return skipped + len(taken) == segment.message_count

    def _fetch(self, near: list[int], first: int, stop: int) -> tuple[list[Segment], list[Record], int]:
        """The segments in [first, stop) that belong to partitions ``near``, their records one after the
        other, and the segment to go on with. Cut short when the payload gets too large for one scan."""
        table, wanted = f"segments_{self._topic.id}", ",".join(map(str, near))
        row = self._connection.execute(
            f"""
            SELECT group_concat(seq || ' ' || partition || ' ' || first_offset || ' ' || message_count, ' ')
                     FILTER (WHERE partition IN ({wanted})),
                   CAST(group_concat(payload, '') FILTER (WHERE partition IN ({wanted})) AS BLOB),
                   max(seq + message_count)
            FROM {table}
            WHERE seq >= ? AND seq < ?
              AND start_byte < (SELECT start_byte FROM {table} WHERE seq = ?) + {MAX_SCAN_BYTES}
            """,  # noqa: S608 - only numbers of our own are put in
            (first, stop, first),
        ).fetchone()
        places, payload, next_seq = row
        if places is None:
            return [], [], next_seq
        self._byte_count += len(payload)
        numbers = list(map(int, places.split()))
        segments = [Segment(*numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
        count = sum(segment.message_count for segment in segments)
        return segments, _decode(_ARRAY32 + count.to_bytes(4, "big") + payload), next_seq
