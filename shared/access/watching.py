"""Content of a file that may be replaced while this runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from shared.errors import DafangtanError
from shared.logging import get_logger

LOOK_EVERY_S = 1.0
"""How soon at the latest what was added or revoked is known to a running server."""

Content = TypeVar("Content")
Entry = TypeVar("Entry")

_log = get_logger("access.watching")


class Watched(Generic[Content]):
    """What ``read`` makes of the file at ``path``, anew whenever the file was replaced.

    What ``read`` raises on purpose (KeysUnusable) is raised at first; later it is told to the log, and what was known
    stands.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], Content],
        *,
        clock: Callable[[], float] = time.monotonic,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._path = path
        self._read = read
        self._clock = clock
        self._look_every_s = look_every_s
        self._mark = _mark(path)
        self._content = read(path)
        self._looked_at_s = clock()

    def content(self) -> Content:
        """As of at most ``look_every_s`` ago."""
        now_s = self._clock()
        if now_s - self._looked_at_s >= self._look_every_s:
            self._looked_at_s = now_s
            self._look()
        return self._content

    def fresh(self) -> Content:
        """As of now."""
        self._looked_at_s = self._clock()
        self._look()
        return self._content

    def _look(self) -> None:
        mark = _mark(self._path)
        if mark == self._mark:
            return
        try:
            self._content = self._read(self._path)
        except DafangtanError as error:
            _log.error("file-unusable", path=str(self._path), error=str(error))
        self._mark = mark


def entry_of(watched: Watched[dict[str, Entry]], id: str) -> Entry | None:
    """The entry called ``id``; who was added a moment ago isn't turned away."""
    entry = watched.content().get(id)
    return entry if entry is not None else watched.fresh().get(id)


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Changes whenever the file does: it is always replaced by a new one."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
