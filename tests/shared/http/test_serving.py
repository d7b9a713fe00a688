"""Serving in a process of its own: signals, crashes, exit statuses."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from shared.http import CantListen, check_free, run, serving

ROOT = Path(__file__).parents[3]

PROGRAM = """
import asyncio, gc, sys
from pathlib import Path
from fastapi import APIRouter, Request
from shared.access import Access
from shared.http import EventStream, Service, create_app, run, serving
from shared.log import open_log
from shared.platform import Health, Platform
from shared.settings import Settings
from shared.store import open_store

folder, port = Path(sys.argv[1]), int(sys.argv[2])
entered, leave = folder / "entered", folder / "leave"

class Part:
    name, crashed = "test.part", None
    async def start(self): pass
    async def stop(self): (folder / "stopped").touch()
    async def cancel(self): pass
    def health(self): return Health(True)

part, router = Part(), APIRouter(prefix="/test/v1")

@router.get("/slow")
async def slow():
    entered.touch()
    while not leave.exists():
        await asyncio.sleep(0.01)
    return "done"

@router.get("/frozen")
async def frozen():
    return gc.get_freeze_count()

@router.post("/read")
async def read(request: Request):
    return len(await request.body())

@router.post("/crash")
async def crash():
    part.crashed = KeyError("a bug")

class Ticks:
    def __init__(self, size):
        self.size = size
    async def next(self):
        await asyncio.sleep(0.01)
        return b":" * self.size + b"\\n\\n"
    def close(self):
        pass

@router.get("/stream")
async def stream(size: int):
    return EventStream(Ticks(size), until_s=None)

serving.HEAD_WITHIN_S = 1.0
settings = Settings(channel_keys_file=folder / "c.json", oidc_keys_url=f"file:{folder}/p.json")
log, store = open_log(f"sqlite:///{folder}/log.db", topic_prefix=""), open_store(f"sqlite:///{folder}/store.db")
platform = Platform(settings, log, store, {}, Access.from_settings(settings))
app = create_app([Service("test", router, components=(part,))], platform, title="x")
sys.exit(run(app, "127.0.0.1", port, grace_s=float(sys.argv[3])))
"""


class Served:
    """The program above, running and ready."""

    def __init__(self, folder, grace_s):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-c", PROGRAM, str(folder), str(self.port), str(grace_s)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        until(self.is_ready)

    def is_ready(self):
        assert self.process.poll() is None, self.process.communicate()[1]
        try:
            return self.client.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def begin_slow_request(self):
        """Begin a request that goes on until ``leave``; its answers land in the list that is returned."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.attempt("/test/v1/slow")))
        thread.start()
        until((self.folder / "entered").exists)
        return thread, answers

    def attempt(self, path):
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=60, trust_env=False)
            return answer.json() if answer.is_success else answer.status_code
        except httpx.TransportError as error:
            return error


def until(condition):
    while not condition():
        time.sleep(0.02)


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(grace_s=20):
        started.append(Served(tmp_path, grace_s))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.communicate()
        served.client.close()


def connected(served, first_bytes):
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    connection.sendall(first_bytes)
    return connection


BROKEN_OFF = b"GET /healthz HTTP/1.1\r\nx-a: "
WHOLE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize("first_bytes", [b"", BROKEN_OFF])
def test_a_client_that_never_ends_its_head_is_let_go(serve, first_bytes):
    served = serve()
    with connected(served, first_bytes) as connection:
        assert everything(connection) == b""


def test_neither_does_a_later_head_hold_the_connection(serve):
    served = serve()
    with connected(served, WHOLE) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(BROKEN_OFF)
        assert b"HTTP/1.1" not in everything(connection)


def everything(connection):
    """What comes until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_a_head_in_two_parts_is_answered_and_so_is_the_next_request(serve):
    served = serve()
    with connected(served, BROKEN_OFF) as connection:
        until(lambda: served.attempt("/healthz"))
        connection.sendall(
            b"b\r\nhost: x\r\n\r\nGET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        answers = everything(connection)
    assert answers.count(b"HTTP/1.1 200") == answers.count(b"HTTP/1.1 404") == 1


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_after_a_signal_requests_under_way_are_finished_and_the_status_is_0(serve, tmp_path, sent):
    served = serve()
    thread, answers = served.begin_slow_request()
    served.process.send_signal(sent)

    def refuses():
        return isinstance(served.attempt("/healthz"), httpx.ConnectError)

    until(refuses)
    assert served.process.poll() is None
    (tmp_path / "leave").touch()
    thread.join()
    assert answers == ["done"]
    assert served.process.wait(20) == 0
    assert (tmp_path / "stopped").exists()


def test_a_request_that_outlasts_the_grace_period_is_given_up(serve, tmp_path):
    served = serve(grace_s=1)
    thread, answers = served.begin_slow_request()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0
    thread.join()
    assert answers == [503]
    assert (tmp_path / "stopped").exists()


def test_a_crashed_component_ends_the_process_with_status_1(serve, tmp_path):
    served = serve()
    assert served.client.post("/test/v1/crash").is_success
    assert served.process.wait(20) == 1
    assert "a bug" in served.process.stderr.read()
    assert (tmp_path / "stopped").exists()


def test_what_is_there_at_the_start_is_out_of_the_collectors_sight(serve):
    assert serve().client.get("/test/v1/frozen").json() > 10_000


def test_clients_that_leave_and_bodies_that_never_come_leave_nothing_behind(serve):
    served = serve()

    def open_files():
        return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))

    before = open_files()
    leavers = []
    for _ in range(50):
        leaver = socket.create_connection(("127.0.0.1", served.port))
        leaver.sendall(b"POST /test/v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf")
        leavers.append(leaver)
    until(lambda: open_files() >= before + 50)
    for leaver in leavers:
        leaver.close()
    until(lambda: open_files() <= before + 1)
    assert served.client.get("/healthz").is_success
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0, served.process.communicate()[1]


def test_an_address_that_is_taken_is_told(app_of):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CantListen, match=f":{port} "):
            run(app_of(APIRouter()), "127.0.0.1", port, grace_s=1)
        with pytest.raises(CantListen, match=f":{port} "):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    with pytest.raises(CantListen, match=r"no-such-host\.invalid"):
        run(app_of(APIRouter()), "no-such-host.invalid", 8000, grace_s=1)


class Written(asyncio.Transport):
    """Remembers each write."""

    def __init__(self):
        super().__init__()
        self.pieces, self.is_closed = [], False

    def write(self, data):
        self.pieces.append(bytes(data))

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True


async def test_a_head_and_its_body_are_one_write():
    transport = Written()
    together = serving.Together(transport, asyncio.get_running_loop())
    together.write(b"head ")
    together.write(b"body")
    assert transport.pieces == [b"head body"]
    together.write(b"alone")
    await asyncio.sleep(0)
    assert transport.pieces == [b"head body", b"alone"]
    together.write(b"x" * 100_000)
    assert transport.pieces[2:] == [b"x" * 100_000]


async def test_what_is_held_is_written_before_the_end_and_never_after_it():
    transport = Written()
    together = serving.Together(transport, asyncio.get_running_loop())
    together.write(b"last")
    together.close()
    assert (transport.pieces, transport.is_closed) == ([b"last"], True)
    together.write(b"too late")
    await asyncio.sleep(0)
    assert transport.pieces == [b"last"]
