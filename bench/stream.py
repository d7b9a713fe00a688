"""2,000 listeners of the board's stream on one process, beside bare asyncio that hands the same bytes to as many.

Ours is ``dafangtan up``: a submission is posted, and the time runs from its receipt until each listener has the change.
The server looks every 0.2 s whether something moved. The reference keeps the connections and writes a change to all of
them after it has answered a post: no HTTP but a head, no tokens, nothing counted. What is compared is how fast a change
goes round, from the first listener that has it to the last; the note has the delays and the memory of a listener.
Listeners are a process of their own, beside the server on the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import count, islice, repeat
from pathlib import Path

import orjson
import uvloop

from bench.forms import load, numbered_forms
from bench.harness import Comparison, arguments, compare, report
from bench.listeners import HOST, Heard, write_plan
from bench.load import NUMBER, post
from bench.systems import CHANNEL, System, system
from services.cli.local import local_issuer
from shared.access import Role
from shared.settings import Settings

LISTENER_COUNT = 2_000
CHANGES = 5
SPARE_FILES = 100
SERVER = ("services.cli", "up")
BROADCASTER = ("bench.stream", "broadcast")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
ACCEPTED = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
CHANGE_BYTES = 1_200
"""About as long as a change of one line of the worked example."""


@dataclass(slots=True)
class Target:
    """A server; ``heard`` is what was heard of it last, ``listener_kb`` the memory that a listener took."""

    folder: Path
    pid: int
    port: int
    listening: bytes
    causes: Iterator[bytes]
    listener_count: int
    heard: Heard | None = None
    listener_kb: float = 0.0

    async def rate(self) -> float:
        """How fast a change goes round, in listeners a second."""
        plan = self.folder / f"plan-{self.port}"
        causes = list(islice(self.causes, CHANGES))
        write_plan(plan, self.listening, causes)
        before_kb = _memory_kb(self.pid)
        words = [str(plan), "--port", str(self.port), "--listeners", str(self.listener_count)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.listeners", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        taken_kb = (_memory_kb(self.pid) - before_kb) / self.listener_count
        self.listener_kb = max(self.listener_kb, taken_kb)  # of the first ones: later ones take their place
        output, _ = await process.communicate(b"\n")
        if process.returncode:
            raise RuntimeError(f"the listeners ended with status {process.returncode}")
        self.heard = Heard(**orjson.loads(output))
        return self.heard.rate

    def told(self) -> str:
        """The last run in words."""
        assert self.heard is not None
        heard = self.heard
        return f"p50 {heard.p50_ms:.0f} ms, p99 {heard.p99_ms:.0f} ms, {self.listener_kb:.1f} KB a listener"


async def measure(listener_count: int, pairs: int) -> Comparison:
    """Compare."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(system("sqlite"))
        limits = {f"DAFANGTAN_QUOTA_STREAM_LISTENERS{each}": str(listener_count) for each in ("", "_EACH")}
        its_system = replace(plain, environment={**plain.environment, **limits})
        pid, port = await stack.enter_async_context(its_system.process(SERVER))
        listening = _get({"Authorization": f"Bearer {_office(its_system)}"})
        ours = Target(its_system.folder, pid, port, listening, _submissions(its_system), listener_count)
        pid, port = await stack.enter_async_context(its_system.process(BROADCASTER))
        causes = repeat(post("/", [], b""))
        reference = Target(its_system.folder, pid, port, _get({}), causes, listener_count)
        measured = await compare(
            f"stream: {listener_count:,} listeners", ours.rate, reference.rate, pairs=pairs
        )
    return replace(measured, note=f"{ours.told()}; reference {reference.told()}")


def _get(headers: Mapping[str, str]) -> bytes:
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET /quota/v1/campaigns/{load().id}/board/stream HTTP/1.1\r\nHost: {HOST}\r\n{told}\r\n".encode()


def _office(its_system: System) -> str:
    names = {name.removeprefix("DAFANGTAN_").lower(): value for name, value in its_system.environment.items()}
    return local_issuer(Settings.model_validate(names)).issue("office", [Role.OFFICE])


def _submissions(its_system: System) -> Iterator[bytes]:
    headers = [("Authorization", f"Bearer {its_system.channel_key}"), ("Content-Type", "application/json")]
    forms = list(numbered_forms(load(), CHANNEL, CHANGES))
    for number in count():
        before, after = forms[number % len(forms)]
        yield post("/intake/v1/submissions", headers, before + NUMBER % number + after)


def _memory_kb(pid: int) -> int:
    """What of the process lies in memory."""
    (line,) = [
        each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")
    ]
    return int(line.split()[1])


async def _serve_plainly(port: int) -> None:
    """The reference."""
    listeners: list[asyncio.StreamWriter] = []
    revisions = count(1)

    def change() -> bytes:
        stamp = b'{"revision":%d,"lines":"%s"}' % (next(revisions), b"x" * CHANGE_BYTES)
        return b"event: change\nid: 0\ndata: %s\n\n" % stamp

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            writer.write(ACCEPTED)
            told = change()
            for listener in listeners:
                listener.write(told)
        elif b"/stream" in head:
            writer.write(HEAD + b'data: {"revision":0}\n\n')
            listeners.append(writer)
            await reader.read()
            listeners.remove(writer)
        else:
            writer.write(HEAD)
        writer.close()

    server = await asyncio.start_server(meet, HOST, port, backlog=LISTENER_COUNT)
    await server.serve_forever()


def main() -> None:
    """Measure and print; or be the reference."""
    parser = arguments(__doc__)
    parser.add_argument("--listeners", type=int, default=LISTENER_COUNT, help="how many (2000)")
    parser.add_argument("role", nargs="?", choices=("broadcast",), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, options.listeners + SPARE_FILES)), hard))
    if options.role == "broadcast":
        uvloop.run(_serve_plainly(options.port))
        return
    comparison = uvloop.run(measure(options.listeners, options.pairs))
    report([comparison], as_json=options.json)


if __name__ == "__main__":
    main()
