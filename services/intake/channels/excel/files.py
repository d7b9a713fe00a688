"""Uploaded workbooks on disk, sealed as they stream, each until its job has ended.

A file without a job, as a process leaves that dies in an upload, is removed after a day. The lock on a file is what
one process at a time works on it by.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from services.intake.attachments.sealing import CHUNK_BYTES, HEAD, RecordSealer
from services.intake.attachments.threads import in_thread
from services.intake.space import Space, refused_write
from shared.errors import RetryLater
from shared.privacy import SealBroken
from shared.syncing import sync_folder

_SUFFIX = ".sealed"
_PART_BYTES = 4 * CHUNK_BYTES
"""What one call of a thread takes on."""
ORPHAN_AFTER_S = 86_400.0


class ImportFiles:
    """The files of ``folder``, each under the id of its job."""

    def __init__(self, folder: Path, space: Space) -> None:
        self._folder = folder
        self._space = space

    @asynccontextmanager
    async def kept(self, id: str, sealer: RecordSealer, content: AsyncIterable[bytes]) -> AsyncIterator[int]:
        """Write ``content`` and hold the file: it is on disk, of so many bytes. Removed when the block raises.

        Raises StorageFull, RetryLater, and what ``content`` raises.
        """
        path = self._path(id)
        descriptor = await in_thread(self._create, path)
        is_kept = False
        try:
            yield await self._write(descriptor, sealer, content)
            is_kept = True
        finally:
            if not is_kept:
                path.unlink(missing_ok=True)
            os.close(descriptor)

    def ids(self) -> list[str]:
        """Of all files, the oldest first."""
        paths = [path for path in self._folder.glob(f"*{_SUFFIX}") if path.exists()]
        return [path.stem for path in sorted(paths, key=lambda path: path.stat().st_mtime)]

    @contextmanager
    def taken(self, id: str) -> Iterator[bool]:
        """Hold the file of ``id``; False when another holds it, or it is gone."""
        try:
            descriptor = os.open(self._path(id), os.O_RDONLY)
        except FileNotFoundError:
            yield False
            return
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)

    async def content(self, id: str, sealer: RecordSealer) -> AsyncIterator[bytes]:
        """What was uploaded. Raises SealBroken where it doesn't hold."""
        with self._path(id).open("rb") as file:
            number, is_last = 0, False
            while not is_last:
                head = await in_thread(file.read, HEAD.size)
                if len(head) < HEAD.size:
                    raise SealBroken("上传的文件不完整。")
                length, is_last = HEAD.unpack(head)
                body = await in_thread(file.read, length)
                yield sealer.open(number, body, is_last=bool(is_last)).content
                number += 1

    def remove(self, id: str) -> None:
        """Remove it, if it is there."""
        self._path(id).unlink(missing_ok=True)

    def remove_orphan(self, id: str) -> None:
        """Remove a file that no job of ours names once it is old: till then it may be another system's."""
        with suppress(FileNotFoundError):
            if time.time() - self._path(id).stat().st_mtime > ORPHAN_AFTER_S:
                self.remove(id)

    def _path(self, id: str) -> Path:
        return self._folder / f"{id}{_SUFFIX}"

    def _create(self, path: Path) -> int:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise refused_write(error) from error
        if not _locked(descriptor):
            os.close(descriptor)
            raise RetryLater("文件正被占用，请重新上传。")
        return descriptor

    async def _write(self, descriptor: int, sealer: RecordSealer, content: AsyncIterable[bytes]) -> int:
        number, size_bytes = 0, 0
        async for part in _parts(content):
            await in_thread(self._append, descriptor, sealer, number, part)
            number += -(-len(part) // CHUNK_BYTES)
            size_bytes += len(part)
        await in_thread(self._end, descriptor, sealer, number)
        return size_bytes

    def _append(self, descriptor: int, sealer: RecordSealer, number: int, part: bytes) -> None:
        self._space.check(len(part))
        records = [
            sealer.seal(number + index, part[start : start + CHUNK_BYTES], is_last=False)
            for index, start in enumerate(range(0, len(part), CHUNK_BYTES))
        ]
        _write_all(descriptor, b"".join(records))

    def _end(self, descriptor: int, sealer: RecordSealer, number: int) -> None:
        _write_all(descriptor, sealer.seal(number, b"", is_last=True))
        try:
            os.fsync(descriptor)
            sync_folder(self._folder)
        except OSError as error:
            raise refused_write(error) from error


async def _parts(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """``content`` in parts of some size, however small the pieces in which it comes."""
    waiting = bytearray()
    async for piece in content:
        waiting += piece
        if len(waiting) >= _PART_BYTES:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def _write_all(descriptor: int, content: bytes) -> None:
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError as error:
        raise refused_write(error) from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
