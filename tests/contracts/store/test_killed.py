"""What stands after a writing process was killed (SIGKILL)."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

from shared.store.port import Store
from tests.contracts.store.things import COUNTS, PLAIN, THINGS, insert


@asynccontextmanager
async def writer(url: str, mode: str, round: str) -> AsyncIterator[Process]:
    """The program, which is killed at the end of the block."""
    program = (sys.executable, "-m", "tests.contracts.store.crashing_writer", url, mode, round)
    process = await asyncio.create_subprocess_exec(*program, stdout=PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("acknowledged_at_least", [1, 7, 40])
async def test_what_was_acknowledged_stands_and_nothing_by_halves(
    store: Store, store_url: str, acknowledged_at_least: int
) -> None:
    async with writer(store_url, "pairs", "r") as process:
        assert process.stdout is not None
        for _ in range(acknowledged_at_least):
            await process.stdout.readline()
    acknowledged = acknowledged_at_least + len((await process.stdout.read()).split(b"\n")) - 1

    expected = [f"r:{n}" for n in range(acknowledged + 2)]
    plain, things = await store.get_many(PLAIN, expected), await store.get_many(THINGS, expected)
    assert set(plain) == set(things) >= set(expected[:acknowledged])
    assert len(plain) <= acknowledged + 1
    assert await store.counters(COUNTS, ["r"]) == {"r": {"pairs": len(plain)}}
    singles = [f"r:each:{n}" for n in range(acknowledged)]
    assert len(await store.get_many(PLAIN, singles)) == acknowledged


async def test_a_transaction_of_a_killed_process_leaves_nothing(store: Store, store_url: str) -> None:
    await insert(store, PLAIN, before={"n": 0})

    async with writer(named(store_url), "half", "r") as process:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"half\n"

    assert await store.count(PLAIN) == 1
    assert await store.counters(COUNTS, ["r"]) == {}
    await insert(store, PLAIN, after={"n": 1})
    assert await store.count(PLAIN) == 2
    if store_url.startswith("mongodb:"):
        await asyncio.to_thread(end_sessions, store_url)


def named(url: str) -> str:
    """So that the server knows the killed process' sessions from those of others."""
    if not url.startswith("mongodb:"):
        return url
    return f"{url}{'&' if '?' in url else '?'}appName={database_of(url)}"


def end_sessions(url: str) -> None:
    """Have the server give up the transaction at once, so that nobody waits a minute for its locks."""
    idle = {"$currentOp": {"allUsers": True, "idleSessions": True}}
    with MongoClient[dict[str, Any]](url) as client:
        found = client.admin.aggregate([idle, {"$match": {"appName": database_of(url)}}])
        sessions = [{"id": each["lsid"]["id"]} for each in found if "lsid" in each]
        assert sessions
        client.admin.command("killSessions", sessions)


def database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
