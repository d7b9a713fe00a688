"""Appending to a sealed file record by record, and finding out after whatever stopped the writing where it is.

For threads: what writes or reads blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.intake.attachments.sealing import (
    CHUNK_BYTES,
    HEAD,
    LONGEST_BODY_BYTES,
    Record,
    RecordSealer,
)
from services.intake.space import Space, refused_write
from shared.privacy import SealBroken


@dataclass(slots=True)
class Written:
    """What whole records say: the next one's number, where it goes, and the content up to there."""

    number: int = 0
    end_bytes: int = 0
    offset_bytes: int = 0
    is_ended: bool = False
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, record_bytes: int, content: bytes, *, is_last: bool) -> None:
        """One record more."""
        self.number += 1
        self.end_bytes += record_bytes
        self.offset_bytes += len(content)
        self.is_ended = is_last
        self.digest.update(content)


class Writer:
    """Appends to one file. What was given is on disk after ``flush`` or ``finish``, not before.

    ``known`` is what this process wrote itself; where it isn't what lies there, the file is read and verified.
    """

    def __init__(self, descriptor: int, sealer: RecordSealer, space: Space, known: Written | None) -> None:
        self.written = known or Written()
        self.is_broken = False
        self._descriptor = descriptor
        self._sealer = sealer
        self._space = space
        self._waiting = bytearray()

    def take_up(self) -> None:
        """Find out where the file is."""
        if self.written.end_bytes != os.fstat(self._descriptor).st_size:
            self.written = _recovered(self._descriptor, self._sealer)

    @property
    def offset_bytes(self) -> int:
        """How much content was given so far, with what is in the file from before."""
        return self.written.offset_bytes + len(self._waiting)

    @property
    def is_ended(self) -> bool:
        """Whether the last record is written."""
        return self.written.is_ended

    @property
    def is_open(self) -> bool:
        """Whether more may follow what is known to be written."""
        return not (self.is_broken or self._waiting or self.is_ended)

    def digest(self) -> bytes:
        """SHA-256 of the content in the file."""
        return self.written.digest.digest()

    @property
    def waiting_bytes(self) -> int:
        """How much of what was given isn't written yet."""
        return len(self._waiting)

    def take(self, content: bytes) -> None:
        """Be given ``content``; quick, unlike all that follows."""
        self._waiting += content

    def write(self) -> None:
        """Write whole chunks. Raises StorageFull, RetryLater: take the file up again then."""
        self._space.check(len(self._waiting))
        while len(self._waiting) > CHUNK_BYTES:  # the last record is never empty but in an empty file
            self._append(CHUNK_BYTES, is_last=False)

    def flush(self) -> None:
        """Bring what was given to the disk. Raises as ``write``."""
        self.write()
        if self._waiting:
            self._append(len(self._waiting), is_last=False)
        self._sync()

    def finish(self) -> None:
        """Likewise, and this was all. Raises as ``write``."""
        if not self.is_ended:
            self.write()
            self._append(len(self._waiting), is_last=True)
        self._sync()

    def _append(self, length: int, *, is_last: bool) -> None:
        content = bytes(self._waiting[:length])
        record = self._sealer.seal(self.written.number, content, is_last=is_last)
        try:
            _write_all(self._descriptor, record, self.written.end_bytes)
        except OSError as error:
            self.is_broken = True
            raise refused_write(error) from error
        del self._waiting[:length]
        self.written.add(len(record), content, is_last=is_last)

    def _sync(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            self.is_broken = True
            raise refused_write(error) from error


def _recovered(descriptor: int, sealer: RecordSealer) -> Written:
    """What is whole in the file; a torn or spoilt end was never acknowledged, and is cut off."""
    written = Written()
    try:
        for record_bytes, record in each_record(descriptor, sealer):
            written.add(record_bytes, record.content, is_last=record.is_last)
    except SealBroken:
        pass
    os.ftruncate(descriptor, written.end_bytes)
    os.fdatasync(descriptor)
    return written


def each_record(descriptor: int, sealer: RecordSealer) -> Iterator[tuple[int, Record]]:
    """Every whole record with its length on disk, up to the last or to where the file ends."""
    place = number = 0
    while len(head := os.pread(descriptor, HEAD.size, place)) == HEAD.size:
        length, flag = HEAD.unpack(head)
        if length > LONGEST_BODY_BYTES or flag > 1:
            raise SealBroken(f"附件在第 {number + 1} 段处已损坏。")
        body = os.pread(descriptor, length, place + HEAD.size)
        if len(body) < length:
            return
        yield HEAD.size + length, sealer.open(number, body, is_last=bool(flag))
        if flag:
            return
        place += HEAD.size + length
        number += 1


def _write_all(descriptor: int, content: bytes, place: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], place + written)
