"""Which partition a key belongs to: the same for every adapter and every process."""

from __future__ import annotations

from zlib import crc32


def partition_of(key: str, partition_count: int) -> int:
    """Return the partition, 0 <= p < ``partition_count``, that holds all messages with ``key``.

    CRC-32 of the UTF-8 key: stable over processes and versions, which Python's own ``hash`` is not.
    """
    return crc32(key.encode()) % partition_count
