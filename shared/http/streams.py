"""Answers that go on until somebody leaves: server-sent events (WHATWG HTML, 9.2), and their end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from fastapi import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from shared.http.bodies import FIRST_WAIT_S, SLOWEST_BYTES_PER_S

LAST_WORD_WITHIN_S = 1.0
"""How long the end of a stream may take to be said; then the connection is cut."""


class Source(Protocol):
    """What a stream is made of."""

    async def next(self) -> bytes:
        """What is to be sent next, waited for. It may be abandoned while it waits."""

    def close(self) -> None:
        """Nobody listens any more. Called once."""


class Streams:
    """The open streams of an app. The server waits for every answer before it stops, so these must be ended first."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._is_over = False

    def end(self) -> None:
        """End all that are open, and whatever would be opened yet."""
        self._is_over = True
        for limit in self._limits:
            _end(limit)

    @asynccontextmanager
    async def open(self, at_most_s: float | None) -> AsyncIterator[asyncio.Timeout]:
        """A stream's time: the block is left when it is over, when the limit is set to now, or by a TimeoutError."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._is_over else at_most_s) as limit:
                self._limits.add(limit)
                try:
                    yield limit
                finally:
                    self._limits.discard(limit)


class EventStream(Response):
    """Sends what ``source`` gives, until the client leaves, ``until_s`` (s since 1970) has come, or the app stops.

    A client that takes longer for what was sent than a poor connection would is cut off.
    """

    media_type = "text/event-stream"

    def __init__(self, source: Source, *, until_s: float | None) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})  # nginx would keep events until it has more
        del self.headers["content-length"]
        self._source = source
        self._until_s = until_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all."""
        scope["state"]["is_stream"] = True
        streams: Streams = scope["app"].state.lifecycle.streams
        at_most_s = None if self._until_s is None else max(0.0, self._until_s - time.time())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with streams.open(at_most_s) as limit:
                leaving = asyncio.create_task(_end_when_left(receive, limit))
                try:
                    await self._send_all(send)
                finally:
                    leaving.cancel()
        finally:
            self._source.close()
        await _say_end(send, scope["state"].get("cut", _stay))

    async def _send_all(self, send: Send) -> None:
        """A send waits until the client has taken most of what was sent before. Raises TimeoutError."""
        before_bytes = 0
        while True:
            part = await self._source.next()
            async with asyncio.timeout(FIRST_WAIT_S + before_bytes / SLOWEST_BYTES_PER_S):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            before_bytes = len(part)


async def _end_when_left(receive: Receive, limit: asyncio.Timeout) -> None:
    with suppress(HTTPException):  # a body that nobody asked for, and that doesn't even come
        while (await receive())["type"] != "http.disconnect":
            pass
    _end(limit)


def _end(limit: asyncio.Timeout) -> None:
    if not limit.expired():
        limit.reschedule(asyncio.get_running_loop().time())


async def _say_end(send: Send, cut: Callable[[], None]) -> None:
    try:
        async with asyncio.timeout(LAST_WORD_WITHIN_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except TimeoutError:
        cut()


def _stay() -> None:
    """A server without a way to break the connection at once has to wait."""
