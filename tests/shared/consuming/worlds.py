"""What a consumer lives in: an engine (which log, which store), and processes over it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from prometheus_client import REGISTRY

from deploy.local import KafkaServer, MongoServer
from shared.consuming import Ahead, Handler, Outbox, Runner
from shared.errors import RetryLater
from shared.log import open_log
from shared.log.port import EventLog, Message
from shared.real_time import system_clock
from shared.store import open_store
from shared.store.port import Store
from tests.pauses import growing_pauses
from tests.shared.consuming.tally import HEARD, TOLD, Tally

PARTITIONS = 3
WITHIN_S = 60.0


@dataclass(frozen=True)
class Engine:
    """Which log and store a test runs over, and the servers behind them, where it has its own."""

    log_url: str
    store_url: str
    topic_prefix: str = ""
    kafka: KafkaServer | None = None
    mongo: MongoServer | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether it is files alone."""
        return self.log_url.startswith("sqlite:")

    async def log(self) -> EventLog:
        """The log, open: as another process has it."""
        log = open_log(self.log_url, topic_prefix=self.topic_prefix)
        await patiently(lambda: log.open([HEARD, TOLD], partition_count=PARTITIONS))
        return log

    async def store(self) -> Store:
        """The store, open: as another process has it."""
        store = open_store(self.store_url)
        await store.open(Tally.collections)
        return store


async def eventually(condition: Callable[[], Any], *, within_s: float = WITHIN_S) -> None:
    """Return as soon as ``condition`` (plain or async) holds; fail after ``within_s``."""
    deadline_s = time.monotonic() + within_s
    pauses_s = growing_pauses()
    while not await _holds(condition):
        assert time.monotonic() < deadline_s, "did not come about"
        await asyncio.sleep(next(pauses_s))


async def _holds(condition: Callable[[], Any]) -> bool:
    result = condition()
    return bool(await result if isawaitable(result) else result)


async def patiently(work: Callable[[], Awaitable[Any]], *, within_s: float = WITHIN_S) -> Any:
    """The result of ``work``, repeated while what it needs is away."""
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            return await work()
        except RetryLater:
            assert time.monotonic() < deadline_s, "stayed away"
            await asyncio.sleep(0.05)


@dataclass
class Process:
    """One process of the tally's service."""

    log: EventLog
    store: Store
    outbox: Outbox
    runner: Runner

    async def caught_up(self) -> bool:
        """Whether everything is applied and told. Fails when a bug stopped a part."""
        crashed = self.runner.crashed or self.outbox.crashed
        if crashed is not None:
            raise crashed
        return await self.runner.caught_up() and not await self.store.count(self.outbox.collection)


async def made(
    engine: Engine,
    *,
    handler: Handler | None = None,
    log: EventLog | None = None,
    wrapped: Callable[[Store], Any] = lambda store: store,
    messages_at_once: int = 50,
    ahead: Ahead | None = None,
    rest_s: float = 0.0,
) -> Process:
    """A process that isn't started. ``log``: shared with another member; ``wrapped``: the runner's store."""
    log = log or await engine.log()
    store = await engine.store()
    outbox = Outbox("tally", log=log, store=store, clock=system_clock)
    runner = Runner(
        handler or Tally(),
        log=log,
        store=wrapped(store),
        outbox=outbox,
        clock=system_clock,
        messages_at_once=messages_at_once,
        ahead=ahead,
        rest_s=rest_s,
    )
    await store.open([*runner.collections, outbox.collection])
    return Process(log, store, outbox, runner)


@asynccontextmanager
async def running(engine: Engine, **options: Any) -> AsyncIterator[Process]:
    """A process from its start to its graceful stop. The options are those of ``made``."""
    process = await made(engine, **options)
    try:
        async with started(process):
            yield process
    finally:
        await process.store.close()
        if "log" not in options:
            await process.log.close()


@asynccontextmanager
async def started(process: Process) -> AsyncIterator[None]:
    """Run the parts of ``process``."""
    await process.outbox.start()
    await process.runner.start()
    try:
        yield
    finally:
        await process.runner.stop()
        await process.outbox.stop()


async def append(engine: Engine, messages: Iterable[Message]) -> None:
    """Put ``messages`` into the log."""
    log = await engine.log()
    await patiently(lambda: log.append(HEARD, list(messages)))
    await log.close()


def metric(name: str, **labels: str) -> float:
    """The value of a metric now; 0 where it was never set."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
