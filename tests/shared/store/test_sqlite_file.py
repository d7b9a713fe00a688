"""The file of the SQLite store: whose it is, and what stays in it."""

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.errors import RetryLater
from shared.store import open_store
from shared.store.port import Collection, Index, Store, Transaction
from shared.store.sqlite.erasing import Eraser
from shared.store.sqlite.file import erase_history

KEYS = Collection("tests.keys", (Index(("owner",)),))
SECRET = "3f9a1c77e0b24d5d9a"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The store's file."""
    return tmp_path / "store.db"


def holds(path: Path, text: str) -> bool:
    """Whether ``text`` stands anywhere in the file or in SQLite's files beside it."""
    return any(text.encode() in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


async def opened(path: Path) -> Store:
    """A store with a secret and a thousand others."""
    store = open_store(f"sqlite:///{path}")
    await store.open([KEYS])
    await store.insert_each(
        KEYS, [(f"k{n}", {"owner": f"o{n}-{SECRET if n == 500 else ''}", "key": n}) for n in range(1000)]
    )
    return store


async def delete(transaction: Transaction) -> None:
    """Delete the document with the secret."""
    await transaction.delete(KEYS, "k500")


async def delete_version(transaction: Transaction) -> None:
    """Delete it at its version."""
    await transaction.delete(KEYS, "k500", version=1)


async def replace(transaction: Transaction) -> None:
    """Write another content in its place."""
    await transaction.replace(KEYS, "k500", {"owner": None}, version=1)


async def clear(transaction: Transaction) -> None:
    """Remove everything."""
    await transaction.clear(KEYS)


@pytest.mark.parametrize("remove", [delete, delete_version, replace, clear])
async def test_what_was_removed_is_soon_gone_from_the_file(
    path: Path, remove: Callable[[Transaction], object]
) -> None:
    store = await opened(path)
    assert holds(path, SECRET)
    async with store.transaction() as transaction:
        await remove(transaction)

    async with asyncio.timeout(30):
        while holds(path, SECRET):  # noqa: ASYNC110 - files give no event
            await asyncio.sleep(0.05)
    await store.close()


async def test_what_was_removed_is_gone_when_the_store_is_closed(path: Path) -> None:
    store = await opened(path)
    reader = sqlite3.connect(path)  # keeps the write-ahead log in being
    async with store.transaction() as transaction:
        await transaction.delete(KEYS, "k500")
    await store.close()

    assert not holds(path, SECRET)
    reader.close()


async def test_history_that_a_reader_needs_is_kept_for_it(path: Path) -> None:
    store = await opened(path)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute('SELECT count(*) FROM "tests.keys"').fetchall()
    async with store.transaction() as transaction:
        await transaction.delete(KEYS, "k500")
    await store.close()  # waits for no reader

    writer = sqlite3.connect(path, isolation_level=None)
    assert not erase_history(writer)
    assert holds(path, SECRET)
    reader.execute("COMMIT")
    assert erase_history(writer)
    assert not holds(path, SECRET)
    reader.close()
    writer.close()


@pytest.mark.parametrize("is_away", [False, True])
async def test_erasing_is_tried_until_it_is_done(monkeypatch: pytest.MonkeyPatch, is_away: bool) -> None:
    monkeypatch.setattr("shared.store.sqlite.erasing.ERASE_AFTER_S", 0.001)
    attempts = 0
    is_done = asyncio.Event()

    async def erase() -> bool:
        nonlocal attempts
        attempts += 1
        if attempts < 3 and is_away:
            raise RetryLater("away")
        if attempts == 3:
            is_done.set()
        return attempts == 3

    eraser = Eraser(erase)
    eraser.schedule()
    eraser.schedule()
    await is_done.wait()
    await eraser.close()
    assert attempts == 3


async def test_only_its_owner_reads_the_file(path: Path) -> None:
    store = await opened(path)
    for file in path.parent.glob(f"{path.name}*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    await store.close()


def sqlite_file(path: Path, *statements: str) -> None:
    """A file made by another program."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("unit,quota\n吴江区,1000\n" * 100)
    before = path.read_bytes()

    with pytest.raises(ValueError, match="不是 SQLite 文件"):
        asyncio.run(open_store(f"sqlite:///{path}").open([KEYS]))
    assert path.read_bytes() == before


async def test_the_database_of_another_program_is_refused(path: Path) -> None:
    sqlite_file(path, "CREATE TABLE others (a)")

    with pytest.raises(ValueError, match="别的程序"):
        await open_store(f"sqlite:///{path}").open([KEYS])


async def test_another_kind_of_database_of_ours_is_refused(path: Path) -> None:
    sqlite_file(path, "PRAGMA application_id = 7")

    with pytest.raises(ValueError, match="别的程序"):
        await open_store(f"sqlite:///{path}").open([KEYS])


async def test_another_version_is_refused(path: Path) -> None:
    store = await opened(path)
    await store.close()
    sqlite_file(path, "PRAGMA user_version = 2")

    with pytest.raises(ValueError, match=r"第 2 版.*第 1 版"):
        await open_store(f"sqlite:///{path}").open([KEYS])


async def test_an_empty_file_becomes_a_store(path: Path) -> None:
    sqlite_file(path, "PRAGMA user_version = 0")
    store = await opened(path)

    assert await store.count(KEYS) == 1000
    await store.close()


async def test_two_can_make_the_same_file(path: Path) -> None:
    stores = [open_store(f"sqlite:///{path}") for _ in range(6)]
    await asyncio.gather(*(store.open([KEYS]) for store in stores))
    await asyncio.gather(*(store.insert_each(KEYS, [(f"k{n}", {})]) for n, store in enumerate(stores)))

    assert await stores[0].count(KEYS) == 6
    for store in stores:
        await store.close()
