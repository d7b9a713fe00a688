"""Choosing an adapter."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from shared.store import open_store
from shared.store.port import Collection


@pytest.mark.parametrize(
    "url", ["", "store.db", "sqlite://", "sqlite:///", "sqlite://store.db", "postgres://a/b", "mongodb:a"]
)
def test_another_address_is_refused_with_what_is_possible(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///.*mongodb://"):
        open_store(url)


@pytest.mark.parametrize("url", ["mongo://user:pass@host/database", "user:pass@host/database"])
def test_the_password_of_a_wrong_address_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="mongo") as refused:
        open_store(url)
    assert "pass" not in str(refused.value)


async def open_and_close(url: str) -> None:
    """Make the store."""
    store = open_store(url)
    await store.open([Collection("tests.things")])
    await store.close()


def test_a_path_is_relative_or_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(open_and_close("sqlite:///folder/one.db"))
    asyncio.run(open_and_close(f"sqlite:///{tmp_path}/folder/two.db"))

    assert sorted(file.name for file in Path("folder").iterdir()) == ["one.db", "two.db"]


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1:1/?replicaSet=rs0", "mongodb://127.0.0.1:nonsense/a"])
async def test_an_address_without_a_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"mongodb://主机:端口/数据库"):
        await open_store(url).open([])


def test_the_other_adapters_driver_is_not_loaded() -> None:
    program = (
        "import sys, shared.store; shared.store.open_store('sqlite:///a'); sys.exit('motor' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
