"""Many listeners of one server, in a process of their own, that also cause what they hear.

    python -m bench.listeners PLAN --port 8000

``PLAN`` is a file that ``write_plan`` made: the request that every listener sends, and the requests that each cause one
change. Each is posted when the one before has reached everybody. One JSON object is printed (``Heard``).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import cast

import msgspec
import uvloop

HOST = "127.0.0.1"
REVISION = re.compile(rb'"revision":(\d+)')
"""Stands near the beginning of every event; what has no newer one tells of no newer submission."""
CONNECTED_AT_ONCE = 50
WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Times from the answer to a post until each listener had the change, in ms, and the rate from the first listener
    that had one to the last: changes a second."""

    p50_ms: float
    p99_ms: float
    most_ms: float
    rate: float


def write_plan(path: Path, listening: bytes, causes: Sequence[bytes]) -> None:
    """Write the file that this program reads."""
    path.write_bytes(msgspec.msgpack.encode((listening, causes)))


class _Listener(asyncio.Protocol):
    """Notes when each change came."""

    def __init__(self, listening: bytes, room: _Room) -> None:
        self._listening = listening
        self._room = room
        self._revision = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._listening)

    def data_received(self, data: bytes) -> None:
        for revision in map(int, REVISION.findall(data)):
            if self._revision < 0:
                self._room.came()
            elif revision > self._revision:
                self._room.heard()
            self._revision = max(revision, self._revision)

    def connection_lost(self, exc: Exception | None) -> None:
        self._room.lost(exc)


class _Room:
    """All listeners."""

    def __init__(self, count: int) -> None:
        self._count = self._waiting_count = count
        self.is_full = asyncio.Event()
        self._times: list[float] = []
        self._all = asyncio.Event()
        self._lost: Exception | None = None

    def came(self) -> None:
        """One more has what stands."""
        self._waiting_count -= 1
        if not self._waiting_count:
            self.is_full.set()

    def heard(self) -> None:
        self._times.append(perf_counter())
        if len(self._times) == self._count:
            self._all.set()

    def lost(self, error: Exception | None) -> None:
        self._lost = error or ConnectionError("the server closed a connection")
        self._all.set()

    async def everybody(self) -> list[float]:
        """When each heard it. Raises what ended a connection, if one was lost."""
        async with asyncio.timeout(WITHIN_S):
            await self._all.wait()
        if self._lost is not None:
            raise self._lost
        times, self._times = self._times, []
        self._all.clear()
        return times


async def _listen(port: int, count: int, listening: bytes, causes: Sequence[bytes]) -> Heard:
    loop, room = asyncio.get_running_loop(), _Room(count)
    for start in range(0, count, CONNECTED_AT_ONCE):
        making = [
            loop.create_connection(lambda: _Listener(listening, room), HOST, port)
            for _ in range(min(CONNECTED_AT_ONCE, count - start))
        ]
        await asyncio.gather(*making)
    await room.is_full.wait()
    print("listening", flush=True)
    sys.stdin.readline()
    delays: list[float] = []
    rates: list[float] = []
    for cause in causes:
        caused_at_s = await _post(port, cause)
        times = await room.everybody()
        delays += [(each - caused_at_s) * 1000 for each in times]
        rates.append(count / max(1e-9, max(times) - min(times)))
    delays.sort()
    return Heard(
        p50_ms=delays[len(delays) // 2],
        p99_ms=delays[len(delays) * 99 // 100],
        most_ms=delays[-1],
        rate=sorted(rates)[len(rates) // 2],
    )


async def _post(port: int, request: bytes) -> float:
    """When the answer was there: what was posted is accepted."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    answered_at_s = perf_counter()
    writer.close()
    if not head.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(head.decode())
    return answered_at_s


def main() -> None:
    """Listen, say so, wait for a line on the standard input, then cause what is heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--listeners", type=int, required=True)
    options = parser.parse_args()
    listening, causes = msgspec.msgpack.decode(options.plan.read_bytes(), type=tuple[bytes, list[bytes]])
    heard = uvloop.run(_listen(options.port, options.listeners, listening, causes))
    print(json.dumps(asdict(heard)))


if __name__ == "__main__":
    main()
