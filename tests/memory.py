"""Memory as a place for files that needn't outlive the tests."""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_BYTES = 8 * 2**30


def folder_in_memory() -> Path | None:
    """A folder in memory, where there is much of it: a third of the time the tests would wait for a disk.

    What a process that is killed had written is there all the same.
    """
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= LEAST_BYTES else None
