"""The spool: accepted events on disk while the log is away, and the relay that takes them there in order.

A spool is a file of records in a slot of its own (``slot-0``, ``slot-1``, …) that one process holds by a lock;
a slot that a dead process left is taken over and drained by a living one. Each record is a length, a CRC-32 and
a msgpack body, so a torn last write is seen and dropped: it was never acknowledged.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from services.intake.space import Space, refused_write
from shared.errors import StorageFull
from shared.log.port import Message
from shared.syncing import sync_folder

_HEAD = struct.Struct("<II")


class Spooled(NamedTuple):
    """One event that waits for the log."""

    topic: str
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    def message(self) -> Message:
        """As a log message."""
        return Message(self.key, self.headers, self.value)

    @property
    def time(self) -> str:
        """When it happened (RFC 3339)."""
        return dict(self.headers)["ce_time"].decode()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Spooled).decode


class Room(NamedTuple):
    """How much a spool may take: so many bytes, as long as the disk keeps its floor."""

    space: Space
    limit_bytes: int

    def check(self, size_bytes: int, more_bytes: int) -> None:
        """Raise StorageFull where ``more_bytes`` beside ``size_bytes`` are too many."""
        if size_bytes + more_bytes > self.limit_bytes:
            raise StorageFull(
                "事件日志长时间不可用，暂存区已满，暂时不能接收。没有保存任何内容，请稍后重新发送。"
            )
        self.space.check(more_bytes)


class SpoolFile:
    """One slot. Not for use by two threads at once."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = self._drop_torn_tail()
        self.length_count = len(self.read(0, self._end)[0])

    @classmethod
    def take(cls, folder: Path) -> SpoolFile:
        """Take the first slot of ``folder`` that no living process holds, or make a new one."""
        folder.mkdir(parents=True, exist_ok=True)
        slot = 0
        while (taken := cls._try(folder / f"slot-{slot}")) is None:
            slot += 1
        for each in (folder, folder.parent):  # either may be new
            sync_folder(each)
        return taken

    @classmethod
    def take_orphans(cls, folder: Path) -> list[SpoolFile]:
        """Take every slot with something in it that no living process holds."""
        paths = [path for path in sorted(folder.glob("slot-*")) if path.stat().st_size]
        return [taken for path in paths if (taken := cls._try(path)) is not None]

    @classmethod
    def _try(cls, path: Path) -> SpoolFile | None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    @property
    def size_bytes(self) -> int:
        """How much room it takes."""
        return self._end

    def append(self, events: Sequence[Spooled], room: Room) -> None:
        """Write ``events`` and return when they are on disk.

        Raises StorageFull where ``room`` leaves none for them, RetryLater when the disk won't: nothing of them stands.
        """
        records = b"".join(_record(event) for event in events)
        room.check(self._end, len(records))
        try:
            _write_all(self._descriptor, records, self._end)
            os.fdatasync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise refused_write(error) from error
        self._end += len(records)
        self.length_count += len(events)

    def oldest(self) -> Spooled | None:
        """What has waited for the longest."""
        events, _ = self.read(0, 1)
        return events[0] if events else None

    def read(self, place: int, most_bytes: int) -> tuple[list[Spooled], int]:
        """Events from ``place`` on, oldest first, till ``most_bytes`` are read; and the place after them."""
        events, until = [], place + most_bytes
        while place < min(until, self._end):
            length, _ = _HEAD.unpack(os.pread(self._descriptor, _HEAD.size, place))
            events.append(_decode(os.pread(self._descriptor, length, place + _HEAD.size)))
            place += _HEAD.size + length
        return events, place

    def clear(self) -> None:
        """Everything in it stands in the log: begin anew."""
        os.ftruncate(self._descriptor, 0)
        os.fdatasync(self._descriptor)
        self._end = 0
        self.length_count = 0

    def close(self) -> None:
        """Let go of the slot."""
        os.close(self._descriptor)

    def _drop_torn_tail(self) -> int:
        size = os.fstat(self._descriptor).st_size
        place = 0
        while (following := self._following(place, size)) is not None:
            place = following
        if place < size:
            os.ftruncate(self._descriptor, place)
        return place

    def _following(self, place: int, size: int) -> int | None:
        """Where the record after the one at ``place`` begins; None when none is whole there."""
        if place + _HEAD.size > size:
            return None
        length, checksum = _HEAD.unpack(os.pread(self._descriptor, _HEAD.size, place))
        body = os.pread(self._descriptor, length, place + _HEAD.size)
        if len(body) < length or not length or crc32(body) != checksum:
            return None
        return int(place + _HEAD.size + length)


def _write_all(descriptor: int, content: bytes, place: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], place + written)


def _record(event: Spooled) -> bytes:
    body = _encode(event)
    return _HEAD.pack(len(body), crc32(body)) + body
