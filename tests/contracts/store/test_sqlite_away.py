"""A file that another process locks, a disk that is full, a file that may not be written."""

import asyncio
import resource
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from shared.errors import RetryLater
from shared.store import open_store
from shared.store.port import Store
from tests.contracts.store.things import COUNTS, DECLARED, PLAIN, insert, standing

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
sys.stdout.write("locked\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The store's file."""
    return tmp_path / "store.db"


@pytest.fixture
def store_url(path: Path) -> str:
    """Of this adapter alone."""
    return f"sqlite:///{path}"


@asynccontextmanager
async def locked_by_another_process(path: Path) -> AsyncIterator[None]:
    """While another process has a write transaction."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, str(path), stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """While no file of this process can grow over ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_another_process_that_writes_is_waited_for_in_vain(store: Store, path: Path) -> None:
    await insert(store, PLAIN, before={"n": 0})

    async with locked_by_another_process(path):
        write = asyncio.create_task(insert(store, PLAIN, during={"n": 1}))
        each = asyncio.create_task(store.insert_each(PLAIN, [("each", {})]))
        async with asyncio.timeout(3):
            assert (await standing(store, PLAIN, "before")).body == {"n": 0}  # reading goes on
        with pytest.raises(RetryLater, match="另一个进程"):
            await write
    await each

    await insert(store, PLAIN, during={"n": 1})
    assert await store.count(PLAIN) == 3


async def test_another_process_that_ends_soon_is_waited_for(store: Store, path: Path) -> None:
    async with locked_by_another_process(path):
        write = asyncio.create_task(insert(store, PLAIN, a={}))
        await asyncio.wait([write], timeout=0.2)
        assert not write.done()
    await write

    assert await store.count(PLAIN) == 1


async def test_a_full_disk_fails_a_transaction_as_a_whole(store: Store, path: Path) -> None:
    await insert(store, PLAIN, before={"n": 0})
    much = {f"d{n}": {"text": "x" * 50_000} for n in range(60)}

    with disk_full_at(200_000):
        with pytest.raises(RetryLater, match=r"store\.db"):
            await insert(store, PLAIN, **much)
        with pytest.raises(RetryLater, match=r"store\.db"):
            await store.insert_each(PLAIN, [*much.items()])
        assert await store.count(PLAIN) == 1

    await insert(store, PLAIN, **much)
    assert await store.count(PLAIN) == 61


@pytest.fixture
def file_in_the_way(tmp_path: Path) -> Path:
    """A file where a folder would be needed."""
    file = tmp_path / "file"
    file.touch()
    return file


async def test_a_folder_that_cannot_be_made(file_in_the_way: Path) -> None:
    store = open_store(f"sqlite:///{file_in_the_way}/store.db")

    with pytest.raises(RetryLater, match="暂时不能读写"):
        await store.open(DECLARED)
    await asyncio.to_thread(file_in_the_way.unlink)
    await store.open(DECLARED)
    await store.close()


async def test_opening_a_locked_file_can_be_repeated(store_url: str, path: Path) -> None:
    first = open_store(store_url)
    await first.open(DECLARED)
    await first.close()

    store = open_store(store_url)
    async with locked_by_another_process(path):
        with pytest.raises(RetryLater, match="另一个进程"):
            await store.open(DECLARED)
    await store.open(DECLARED)
    assert await store.all_counters(COUNTS, prefix="") == {}
    await store.close()
