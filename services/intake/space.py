"""Room on the disk: what is accepted stops before the disk is full, so that what runs can go on."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from shared.errors import RetryLater, StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Space:
    """The free room of the disk under ``folder``, of which ``floor_bytes`` are never used up."""

    def __init__(self, folder: Path, floor_bytes: int) -> None:
        self._folder = folder
        self._floor_bytes = floor_bytes

    def check(self, more_bytes: int) -> None:
        """Raise StorageFull when ``more_bytes`` would leave less than the floor."""
        free_bytes = shutil.disk_usage(_existing(self._folder)).free
        if free_bytes - more_bytes < self._floor_bytes:
            raise StorageFull("存储空间即将用尽，暂时不能接收。没有保存任何内容，请稍后重新发送。")


def refused_write(error: OSError) -> RetryLater:
    """What a write that the disk refused is for whoever sent the content."""
    if error.errno in _FULL:
        return StorageFull("存储空间已用尽，没有保存。请稍后重新发送。")
    return RetryLater(f"磁盘无法写入：{error.strerror}。")


def _existing(folder: Path) -> Path:
    """``folder``, or the nearest one above it that is there already."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
