"""The board in one answer and its stream, over the fold, real tokens and a real server."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import orjson
import pytest
import uvicorn

from services.quota.app import build
from services.quota.live import watching
from services.quota.live.scope import Scope
from shared.events import Topic
from shared.http.serving import _Protocol, _Server
from tests.services.quota.live.boards import told, with_common
from tests.services.quota.test_handlers import BOARD, CAMPAIGN, board, quota, received, withdrawn
from tests.services.running import ClockInTest, Engine, Running, running, until

__all__ = ["quota"]
LIVE = f"{BOARD}/board"
STREAM = f"{LIVE}/stream"


@pytest.fixture(autouse=True)
def people(quota: Running) -> None:
    """Others than the office and the unit."""
    quota.be("lead", "team_lead", unit="kunshan")
    quota.be("ann", "analyst")
    quota.be("else", "unit_admin", unit="of-another-campaign")
    quota.be("none")
    quota.be_channels()


@dataclass
class Stream:
    """A connection to the stream over a socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int
    head: bytes

    async def event(self) -> bytes:
        """The next event that isn't a comment; its chunk is taken off."""
        while True:
            size = int(await self.reader.readline(), 16)
            chunk = await self.reader.readexactly(size + 2)
            if chunk.startswith(b"event"):
                return chunk[:-2]

    async def end(self) -> None:
        """Wait until the server has said that this was all."""
        await self.reader.readuntil(b"\r\n0\r\n\r\n")


@asynccontextmanager
async def served(quota: Running) -> AsyncIterator[tuple[_Server, int]]:
    """The app behind a real server, and its port."""
    lifecycle = quota.app.state.lifecycle
    config = uvicorn.Config(quota.app, http=_Protocol, lifespan="off", log_config=None, access_log=False)
    server = _Server(config, lifecycle.streams)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def listen(port: int, token: str, last_id: str = "") -> Stream:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    again = f"last-event-id: {last_id}\r\n" if last_id else ""
    writer.write(f"GET {STREAM} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{again}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    return Stream(reader, writer, int(head.split()[1]), head)


async def test_it_is_answered_again_only_when_something_changed(quota: Running) -> None:
    async def ask(**headers: str):  # type: ignore[no-untyped-def]
        headers = {"authorization": f"Bearer {quota.tokens['off']}", "accept-encoding": "identity"} | headers
        return await quota.client.get(LIVE, headers=headers)

    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)
    first = await ask()
    etag = first.headers["etag"]
    assert first.json()["totals"]["counted"] == 1
    assert first.headers["cache-control"] == "private, no-cache"
    for tags in (etag, f'"other", W/{etag}', "*"):
        same = await ask(**{"if-none-match": tags})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert (await ask(**{"if-none-match": '"other"'})).status_code == 200
    zipped = await ask(**{"accept-encoding": "br, gzip;q=0.5"})
    assert (zipped.json(), zipped.headers["content-encoding"]) == (first.json(), "gzip")
    assert zipped.headers["etag"] != etag
    assert gzip.compress(first.content) != first.content == zipped.content
    assert "content-encoding" not in (await ask(**{"accept-encoding": "gzip;q=0"})).headers
    await quota.append(Topic.SUBMISSIONS, received("b"))
    await board(quota, counted=2)

    async def has_moved() -> bool:
        return (await ask(**{"if-none-match": etag})).status_code == 200

    await until(has_moved, "the board to move")
    later = (await ask()).json()
    assert (later["totals"]["counted"], later["revision"]) == (2, 2)


@pytest.mark.parametrize(
    ("who", "sees"), [("off", "all"), ("own", "unit"), ("lead", "unit"), ("ann", "common"), ("ops", "common")]
)
async def test_everybody_with_a_role_sees_his_part(quota: Running, who: str, sees: str) -> None:
    told = (await quota.ask(who, "GET", LIVE)).json()
    assert (told["sees"], "units" in told, "own" in told) == (sees, sees == "all", sees == "unit")


@pytest.mark.parametrize("common", [(), ("totals",), ("lines",)])
async def test_what_the_campaign_does_not_make_common_nobody_sees_but_those_who_see_all(
    engine: Engine, tmp_path: Path, clock: ClockInTest, common: tuple[str, ...]
) -> None:
    async with running(build, engine, tmp_path, clock, campaign=with_common(*common)) as quota:
        quota.be("off", "office")
        quota.be("own", "unit_admin", unit="taicang")
        quota.be("ann", "analyst")
        whole, own, others = [await quota.ask(who, "GET", LIVE) for who in ("off", "own", "ann")]
        assert {"totals", "lines", "units"} <= whole.json().keys()
        assert {"totals", "lines", "units", "own"} & own.json().keys() == {"own", *common}
        if common:
            assert {"totals", "lines", "units", "own"} & others.json().keys() == {*common}
        else:
            assert others.status_code == 404


@pytest.mark.parametrize("path", [LIVE, STREAM])
async def test_for_others_there_is_none(quota: Running, path: str) -> None:
    for who in ("none", "else", "offline"):
        refused = await quota.ask(who, "GET", path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    elsewhere = await quota.ask("off", "GET", path.replace("suzhou-2024", "nowhere"))
    assert elsewhere.status_code == 404


@pytest.mark.servers_too
async def test_a_change_is_heard_within_a_second_and_who_comes_again_goes_on(quota: Running) -> None:
    async with served(quota) as (_, port):
        office = await listen(port, quota.tokens["off"])
        unit = await listen(port, quota.tokens["own"])
        assert (office.status, b"text/event-stream" in office.head) == (200, True)
        assert told(await office.event())[0] == told(await unit.event())[0] == "board"
        took_s = []
        for number, submission in enumerate("abc", start=1):
            await quota.append(Topic.SUBMISSIONS, received(submission))
            began_s = perf_counter()
            name, id, change = told(await office.event())
            took_s.append(perf_counter() - began_s)
            assert (name, change["totals"]["counted"]) == ("change", number)
            assert told(await unit.event())[2]["own"]["unit"]["eligible"] == number
        assert sorted(took_s)[1] < 1.0
        again = await listen(port, quota.tokens["off"], id)
        await quota.append(Topic.SUBMISSIONS, withdrawn("a"))
        assert told(await again.event())[2]["totals"]["buckets"]["withdrawn"] == 1
        for each in (office, unit, again):
            each.writer.close()


async def test_an_open_stream_ends_with_its_token_and_with_the_server(quota: Running) -> None:
    short = quota.issuer.issue("off", ["office"], None, lifetime_s=-27)
    async with served(quota) as (server, port):
        lasting = await listen(port, quota.tokens["off"])
        brief = await listen(port, short)
        assert (lasting.status, brief.status) == (200, 200)
        await brief.end()
        assert quota.service.components[-1]._places._taken == {"off": 1}  # type: ignore[attr-defined]
        server.should_exit = True
        await lasting.end()


async def test_too_many_listeners_are_told_when_to_come_again(
    quota: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = quota.service.components[-1]._places  # type: ignore[attr-defined]
    monkeypatch.setattr(places, "_each_at_most", 0)
    refused = await quota.ask("off", "GET", STREAM)
    assert (refused.status_code, refused.json()["code"]) == (503, "too-many-listeners")
    assert int(refused.headers["retry-after"]) >= 1


async def test_scopes_that_nobody_watches_are_forgotten(
    quota: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "IDLE_CHANNELS", 2)
    for who in ("off", "own", "lead", "ann"):
        assert orjson.loads((await quota.ask(who, "GET", LIVE)).content)["sees"]
    (watched,) = quota.service.components[-1]._watched.values()  # type: ignore[attr-defined]
    assert len(watched._channels) == 2


async def test_a_new_day_is_another_board(quota: Running, clock: ClockInTest) -> None:
    async def day() -> str:
        told = (await quota.ask("own", "GET", LIVE)).json()
        return f"{told['on']} {told['own']['days'][-1]['day']}"

    assert await day() == "2024-06-01 2024-06-01"
    clock.advance(timedelta(days=1))

    async def is_next() -> bool:
        return await day() == "2024-06-02 2024-06-02"

    await until(is_next, "the next day")


async def test_whoever_looks_sees_what_was_counted_before(quota: Running) -> None:
    platform = quota.platform
    watched = watching.Watching(platform, platform.campaign(CAMPAIGN), look_every_s=0.001)
    channel = await watched.channel(Scope(sees_all=True))
    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)

    async def is_seen() -> bool:
        await watched.look()
        return channel.view.revision == 1

    await until(is_seen, "the picture to be drawn", within_s=0.5)
    watched.stop()
