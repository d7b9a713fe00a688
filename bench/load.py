"""A load generator in a process of its own: keep-alive connections that each wait for an answer, then ask again.

    python -m bench.load REQUESTS --port 8000 --connections 64 --seconds 2 --first-number 0

``REQUESTS`` is a file that ``write_requests`` made. One JSON object is printed: how many answers came, in how
many seconds, and how long they took. Requests are encoded beforehand, so that the generator costs some 20 us
a request, and the server is what is measured; ``bench/post.py`` prints its ceiling.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, cycle
from pathlib import Path
from time import perf_counter
from typing import cast

import msgspec
import uvloop

HOST = "127.0.0.1"
NUMBER = b"%09d"
"""What makes each request another one: a number of fixed width, so that the length is known beforehand."""

Request = tuple[bytes, bytes]
"""What stands before and after the number."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers with the status that was expected, others, and the times of all."""

    good_count: int
    bad_count: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good_count / self.seconds


def request(target: str, headers: Sequence[tuple[str, str]], before: bytes, after: bytes) -> Request:
    """A POST whose body is ``before``, the number, ``after``."""
    length = len(before) + len(NUMBER % 0) + len(after)
    return _head(target, headers, length) + before, after


def post(target: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """A POST."""
    return _head(target, headers, len(body)) + body


def _head(target: str, headers: Sequence[tuple[str, str]], length: int) -> bytes:
    lines = [f"POST {target} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def write_requests(path: Path, requests: Sequence[Request]) -> None:
    """Write the file that the generator reads."""
    path.write_bytes(msgspec.msgpack.encode(requests))


async def run(
    path: Path, port: int, *, connections: int, seconds: float, first_number: int, status: int = 201
) -> Load:
    """Run the generator in a process of its own."""
    options = {
        "port": port,
        "connections": connections,
        "seconds": seconds,
        "first-number": first_number,
        "status": status,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", str(path), *words, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator ended with status {process.returncode}")
    return Load(**json.loads(output))


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Iterator[bytes], tally: _Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._answer = b""
        self._asked_at_s = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's doesn't derive from it
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if _is_whole(self._answer):
            self._tally.note(self._answer[9:12], perf_counter() - self._asked_at_s)
            self._answer = b""
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server closed the connection"))

    def _ask(self) -> None:
        self._asked_at_s = perf_counter()
        if self._asked_at_s < self._tally.until_s:
            self._transport.write(next(self._requests))
        else:
            self.ended.set_result(None)
            self._transport.close()


class _Tally:
    """Counts answers by status and keeps their times."""

    def __init__(self, until_s: float) -> None:
        self.until_s = until_s
        self.statuses: Counter[bytes] = Counter()
        self.took_s: list[float] = []

    def note(self, status: bytes, took_s: float) -> None:
        self.statuses[status] += 1
        self.took_s.append(took_s)

    def load(self, status: int, seconds: float) -> Load:
        good_count = self.statuses[b"%d" % status]
        times = sorted(self.took_s)
        return Load(
            good_count=good_count,
            bad_count=len(times) - good_count,
            seconds=seconds,
            p50_ms=times[len(times) // 2] * 1000,
            p99_ms=times[len(times) * 99 // 100] * 1000,
        )


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return len(body) >= int(rest.partition(b"\r\n")[0])


def _numbered(requests: Sequence[Request], first_number: int) -> Iterator[bytes]:
    for number, (before, after) in zip(count(first_number), cycle(requests), strict=False):
        yield b"%b%b%b" % (before, NUMBER % number, after)


async def _generate(options: argparse.Namespace) -> Load:
    requests = msgspec.msgpack.decode(options.requests.read_bytes(), type=list[Request])
    numbered = _numbered(requests, options.first_number)
    loop = asyncio.get_running_loop()
    started_s = perf_counter()
    tally = _Tally(started_s + options.seconds)
    callers = [
        (await loop.create_connection(lambda: _Caller(numbered, tally), HOST, options.port))[1]
        for _ in range(options.connections)
    ]
    await asyncio.gather(*(caller.ended for caller in callers))
    return tally.load(options.status, perf_counter() - started_s)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first-number", type=int, required=True, help="of the first request's number")
    parser.add_argument("--status", type=int, default=201, help="the status that is good")
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_generate(_options())))))
