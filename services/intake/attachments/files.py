"""Sealed files on disk, each by its id. For threads, but for what says that it is quick."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.intake.attachments.errors import UploadBusy, no_such_attachment, no_such_upload
from services.intake.attachments.sealing import RecordSealer
from services.intake.attachments.writing import Writer, Written, each_record
from services.intake.space import Space, refused_write
from shared.privacy import SealBroken
from shared.syncing import sync_folder


class SealedFiles:
    """The files under ``folder``, each called by its id (hexadecimal digits)."""

    def __init__(self, folder: Path, space: Space) -> None:
        self._folder = folder
        self._space = space
        self._known: dict[str, Written] = {}

    def create(self, id: str) -> None:
        """An empty file that survives a crash. Raises StorageFull, RetryLater."""
        path = self._path(id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            for folder in (path.parent, self._folder):
                sync_folder(folder)
        except OSError as error:
            raise refused_write(error) from error

    def check_space(self, more_bytes: int) -> None:
        """Raise StorageFull when so much more can't be taken."""
        self._space.check(more_bytes)

    @contextmanager
    def writing(self, id: str, sealer: RecordSealer) -> Iterator[Writer]:
        """The file, for one writer at a time, who begins with ``take_up``. Quick, unlike that.

        Raises UploadBusy, NotFound.
        """
        try:
            descriptor = os.open(self._path(id), os.O_RDWR)
        except FileNotFoundError:
            raise no_such_upload() from None
        try:
            _lock(descriptor)
            writer = Writer(descriptor, sealer, self._space, self._known.pop(id, None))
            yield writer
            if writer.is_open:
                self._known[id] = writer.written
        finally:
            os.close(descriptor)

    def records(self, id: str, sealer: RecordSealer) -> Generator[bytes]:
        """The content, part by part. Raises SealBroken where it doesn't hold, NotFound."""
        try:
            descriptor = os.open(self._path(id), os.O_RDONLY)
        except FileNotFoundError:
            raise no_such_attachment() from None
        try:
            is_ended = False
            for _, record in each_record(descriptor, sealer):
                is_ended = record.is_last
                yield record.content
            if not is_ended:
                raise SealBroken("附件不完整：末尾缺失或已损坏。")
        finally:
            os.close(descriptor)

    def remove(self, id: str) -> None:
        """Remove the file, if it is there. Raises RetryLater."""
        self._known.pop(id, None)
        try:
            self._path(id).unlink(missing_ok=True)
        except OSError as error:
            raise refused_write(error) from error

    def _path(self, id: str) -> Path:
        return self._folder / id[:2] / id


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy from None
