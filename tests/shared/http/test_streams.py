"""Streams end when somebody leaves, when their time is over, and when the server stops; nobody can hold one."""

import asyncio
import signal
import socket
import time

import pytest
from fastapi import APIRouter

from shared.http import EventStream
from tests.shared.http.test_serving import connected, everything, serve

__all__ = ["serve"]
HEAD = b"GET /test/v1/stream?size=%d HTTP/1.1\r\nhost: x\r\n\r\n"
GRACE_S = 20


@pytest.mark.parametrize("how", ["signal", "crash"])
def test_no_open_stream_holds_up_a_stop_not_even_of_a_listener_who_takes_nothing(serve, how):
    served = serve(grace_s=GRACE_S)
    with connected(served, HEAD % 10) as listener, socket.socket() as stuck:
        assert b"text/event-stream" in listener.recv(65536)
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", served.port))
        stuck.sendall(HEAD % 50_000_000)
        assert stuck.recv(1000)
        began_s = time.monotonic()
        if how == "signal":
            served.process.send_signal(signal.SIGTERM)
        else:
            served.client.post("/test/v1/crash")
        assert everything(listener).endswith(
            b"0\r\n\r\n"
        )  # what ends the answer; its lines may have come before
        assert served.process.wait(GRACE_S) == (0 if how == "signal" else 1)
        assert time.monotonic() - began_s < GRACE_S / 2


class Source:
    """Gives ``parts``, then nothing more for ever."""

    def __init__(self, *parts):
        self.parts = list(parts)
        self.closed_count = 0

    async def next(self):
        if self.parts:
            return self.parts.pop(0)
        return await asyncio.Event().wait()

    def close(self):
        self.closed_count += 1


class Client:
    """The other side of an answer; takes only so many parts, then holds the sender up."""

    def __init__(self, app, takes=1000):
        self.sent = []
        self.takes = takes
        self.left = asyncio.Event()
        self.is_cut = False
        self.scope = {"type": "http", "app": app, "state": {"cut": self.cut}}

    def cut(self):
        self.is_cut = True

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if len(self.sent) >= self.takes:
            await asyncio.Event().wait()
        self.sent.append(message.get("body"))

    async def get(self, source, until_s=None):
        await EventStream(source, until_s=until_s)(self.scope, self.receive, self.send)


@pytest.mark.parametrize("how", ["left", "over", "stopped", "stopped before"])
async def test_it_ends_with_the_listener_its_time_or_the_app(app_of, how):
    app, source = app_of(APIRouter()), Source(b"a", b"b")
    client, streams = Client(app), app.state.lifecycle.streams
    if how == "stopped before":
        streams.end()
    until_s = time.time() + 0.05 if how == "over" else None
    getting = asyncio.create_task(client.get(source, until_s))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if how == "left":
        client.left.set()
    elif how == "stopped":
        streams.end()
    await asyncio.wait_for(getting, 5)
    assert client.sent[0] is None
    assert client.sent[-1] == b""
    assert (source.closed_count, client.is_cut, streams._limits) == (1, False, set())


async def test_who_takes_nothing_is_cut_off(app_of, monkeypatch):
    monkeypatch.setattr("shared.http.streams.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("shared.http.streams.LAST_WORD_WITHIN_S", 0.01)
    source = Source(b"a", b"b", b"c")
    client = Client(app_of(APIRouter()), takes=2)
    await client.get(source)
    assert client.is_cut
    assert (client.sent, source.parts, source.closed_count) == ([None, b"a"], [b"c"], 1)


async def test_streams_arent_among_the_durations_of_requests(app_of, running):
    router = APIRouter(prefix="/test/v1")

    @router.get("/brief")
    async def brief():
        return EventStream(Source(b"a"), until_s=time.time())

    async with running(app_of(router)) as client:
        assert (await client.get("/test/v1/brief")).headers["content-type"].startswith("text/event-stream")
        assert "/test/v1/brief" not in (await client.get("/metrics")).text
