"""What every test may use."""

import gc
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

from tests.memory import folder_in_memory

gc.disable()  # until everything is collected: what is imported and collected stays

# How long an example takes depends on who else uses the machine.
settings.register_profile(
    "suite", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

pytest_plugins = ("tests.servers",)

LONGEST = ("tests/journeys/", "tests/docs/test_examples.py", "tests/deploy/test_compose.py")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory."""
    is_worker = hasattr(config, "workerinput")
    memory = None if is_worker or config.option.basetemp else folder_in_memory()
    if memory is not None:
        folder = memory / f"dafangtan-tests-{os.getpid()}"
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
    gc.enable()
