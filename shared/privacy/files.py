"""Writing files that only their owner may read, whole or not at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared.syncing import sync_folder


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep all others who hold ``path`` waiting: for reading a file, changing it and writing it again.

    The lock is a file beside it, and ends with the process at the latest.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_private_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` with mode 0600, in place of what stood there.

    Written beside it, synced and renamed, so that a reader or a crash meets the old file or the new one.
    """
    draft = _draft(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def create_private_file(path: Path, content: bytes) -> bool:
    """As ``write_private_file``, but what stands there stays; True when this call made the file."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def _draft(path: Path, content: bytes) -> Path:
    """A synced file beside ``path`` with mode 0600 (as ``mkstemp`` makes it)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with ExitStack() as unfinished:
        unfinished.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.pop_all()
    return Path(name)
