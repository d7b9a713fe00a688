"""Serving an app until a signal or a crash ends it."""

from __future__ import annotations

import asyncio
import gc
import math
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.errors import DafangtanError
from shared.http.bodies import IS_BODY_HERE
from shared.http.lifecycle import Lifecycle
from shared.http.streams import Streams
from shared.logging import get_logger

BACKLOG = 2048
HEAD_WITHIN_S = 20.0
"""How long the head of a request may take to arrive."""
HELD_BYTES = 4096
"""The head of an answer is shorter; what is longer is worth a write of its own."""
COLLECT_AFTER = (100_000, 20, 50)
"""Thresholds of the garbage collector: a full collection stalls all requests, so it is rare."""

_log = get_logger("http.serving")


class CantListen(DafangtanError):
    """The address can't be listened on; the message says why."""


def run(app: FastAPI, host: str, port: int, *, grace_s: float) -> int:
    """Serve ``app`` until SIGTERM, SIGINT or a crash, and return the exit status: 0, or 1 after a crash.

    At the end no new connection is taken, requests under way get ``grace_s`` to finish, then the components
    are stopped. A second SIGINT doesn't wait. Raises CantListen.
    """
    lifecycle: Lifecycle = app.state.lifecycle
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=math.ceil(grace_s),
    )
    server = _Server(config, lifecycle.streams)
    lifecycle.on_crash = server.stop
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
    _log.info("stopped", status=0 if lifecycle.crash is None else 1)
    return 0 if lifecycle.crash is None else 1


class Together:
    """A transport that writes in one piece what comes in one turn of the loop: an answer's head and its body.

    All else is the transport's.
    """

    __slots__ = ("_held", "_soon", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._soon = loop.call_soon
        self._held = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Hold a little that comes first, and write with it what comes next."""
        if self._held or len(data) > HELD_BYTES:
            self._transport.write(self._held + data)
            self._held = b""
        else:
            self._held = data
            self._soon(self._flush)

    def close(self) -> None:
        """Close, when all is written."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._held and not self.is_closing():
            self._transport.write(self._held)
        self._held = b""


class _Protocol(HttpToolsProtocol):
    """Uvicorn's, which waits for the head of a request for ever; this one closes the connection.

    What follows the head is the body, whose time ``bodies.py`` limits.
    """

    _timer: asyncio.TimerHandle | None = None
    _is_in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head has to come, too."""
        super().connection_made(cast(asyncio.Transport, Together(transport, self.loop)))
        self._timer = self.loop.call_later(HEAD_WITHIN_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Most heads come whole; the time runs for those that don't."""
        super().data_received(data)
        if self._is_in_head and self._timer is None:
            self._timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole. ``cut`` is for a client that takes nothing: closing would wait for it."""
        self._head_came()
        self.scope["state"]["cut"] = self.transport.abort
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is whole."""
        self.scope["state"][IS_BODY_HERE] = True
        super().on_message_complete()

    def _head_came(self) -> None:
        self._is_in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Server(uvicorn.Server):
    """Uvicorn's, which after a signal ends by the signal; this one returns, and doesn't wait for streams."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    def stop(self) -> None:
        """Begin to stop, as after SIGTERM."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then take all that is there out of the garbage collector's sight."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        for listener in sockets or []:
            _log.info("listening", address=listener.getsockname()[:2])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then wait for the requests that end by themselves."""
        self._streams.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGTERM and SIGINT meanwhile, without raising them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def check_free(host: str, port: int) -> None:
    """Raises CantListen where ``run`` would."""
    _listen(host, port).close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CantListen(f"无法在 {host}:{port} 上监听：{error.strerror}。") from error
