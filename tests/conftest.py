"""What every test may use."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", max_examples=25)
settings.load_profile("suite")

pytest_plugins = ("tests.servers",)

LONGEST = ("tests/journeys/", "tests/docs/test_examples.py", "tests/deploy/test_compose.py")
MEMORY = Path("/dev/shm")
MEMORY_LEAST_BYTES = 8 * 2**30


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory, where there is much of it: a third of the time they would wait for a disk.

    What a process that is killed had written is there all the same.
    """
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.option.basetemp or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= MEMORY_LEAST_BYTES:
        folder = MEMORY / f"dafangtan-tests-{os.getpid()}"
        config.option.basetemp = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left with it in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays: going through it at every collection takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
