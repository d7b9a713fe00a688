"""What every test may use."""

import gc

import pytest
from hypothesis import settings

settings.register_profile("suite", max_examples=40)
settings.load_profile("suite")

pytest_plugins = ("tests.servers",)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays: going through it at every collection takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
