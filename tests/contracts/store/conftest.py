"""The same tests for both adapters of the store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.store import open_store
from shared.store.port import Store
from tests.contracts.store.things import DECLARED


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store of the test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return str(request.getfixturevalue("mongo_url"))


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """Opened with everything in things.py."""
    store = open_store(store_url)
    await store.open(DECLARED)
    yield store
    await store.close()
