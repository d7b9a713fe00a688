"""Durable appends to the event log, beside a plain file with group commit: 1, 16 and 256 in flight.

The reference is what no log can do without: the same callers on the same event loop, and a thread that
writes all that waits with one write() and one fdatasync().
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter

import uvloop

from bench.harness import Comparison, arguments, compare, report
from bench.systems import scratch_folder
from deploy.local import KafkaServer
from deploy.local.places import downloads_folder
from deploy.local.server import free_port
from shared.http.serving import COLLECT_AFTER
from shared.log import open_log
from shared.log.port import Message

WIDTHS = (1, 16, 256)
SECONDS = 1.0
PARTITION_COUNT = 8  # as in the settings
MESSAGE_BYTES = 1500
AIM = 0.5

HEADERS = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"3f0e7c1e-6f0b-5d3c-9c55-6d7f4a0a4a10"),
    ("ce_source", b"/intake"),
    ("ce_type", b"dafangtan.submission.received.v1"),
    ("ce_time", b"2024-05-20T08:30:00.000Z"),
    ("content-type", b"application/json"),
)

Append = Callable[[], Awaitable[object]]


class PlainFile:
    """An append-only file with group commit."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    async def append(self, data: bytes) -> None:
        """Return when ``data`` is durable."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((data, done))
        await done

    async def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        os.close(self._file)

    def _run(self) -> None:
        while first := self._queue.get():
            waiting = [first]
            while not self._queue.empty():
                if more := self._queue.get():
                    waiting.append(more)
            os.write(self._file, b"".join(data for data, _ in waiting))
            os.fdatasync(self._file)
            self._loop.call_soon_threadsafe(_resolve, [done for _, done in waiting])


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for done in futures:
        done.set_result(None)


async def rate(append: Append, in_flight: int) -> float:
    """Appends a second with ``in_flight`` callers, each of which waits for one before the next."""
    start = perf_counter()
    end = start + SECONDS
    done = 0

    async def call() -> None:
        nonlocal done
        while perf_counter() < end:
            await append()
            done += 1

    await asyncio.gather(*(call() for _ in range(in_flight)))
    return done / (perf_counter() - start)


async def measure(engine: str, url: str, directory: Path, pairs: int) -> list[Comparison]:
    """Compare one engine with a plain file in ``directory``."""
    async with AsyncExitStack() as stack:
        plain = PlainFile(directory / "plain")
        stack.push_async_callback(plain.close)
        log = open_log(url, topic_prefix=f"bench-{os.getpid()}.")
        stack.push_async_callback(log.close)
        await log.open(["submissions"], partition_count=PARTITION_COUNT)
        records = [os.urandom(MESSAGE_BYTES) for _ in range(1000)]
        value_bytes = MESSAGE_BYTES - sum(len(name) + len(content) for name, content in HEADERS)
        data = cycle(records)
        calls = cycle([[Message(str(i), HEADERS, one[:value_bytes])] for i, one in enumerate(records)])
        gc.collect()
        gc.freeze()  # this and the next, as a server does once it has started
        gc.set_threshold(*COLLECT_AFTER)
        return [
            await compare(
                f"{engine}: append, {width} in flight",
                partial(rate, lambda: log.append("submissions", next(calls)), width),
                partial(rate, lambda: plain.append(next(data)), width),
                pairs=pairs,
                aim=AIM if engine == "sqlite" else None,
            )
            for width in WIDTHS
        ]


@asynccontextmanager
async def kafka(folder: Path) -> AsyncIterator[str]:
    """A broker of the bench's own; gives its URL."""
    server = KafkaServer(folder / "kafka", downloads_folder(), free_port())
    try:
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.wait_ready)
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)


async def main() -> None:
    """Measure the engines that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--engine", choices=("sqlite", "kafka", "both"), default="sqlite")
    options = parser.parse_args()
    comparisons = []
    with scratch_folder() as folder:
        if options.engine != "kafka":
            comparisons += await measure("sqlite", f"sqlite:///{folder}/log.db", folder, options.pairs)
        if options.engine != "sqlite":
            async with kafka(folder) as url:
                comparisons += await measure("kafka", url, folder, options.pairs)
    report(comparisons, as_json=options.json)


if __name__ == "__main__":
    uvloop.run(main())
