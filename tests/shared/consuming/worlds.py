"""What a consumer lives in: an engine (which log, which store), and processes over it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from prometheus_client import REGISTRY

from deploy.local import KafkaServer, MongoServer
from shared.consuming import Handler, Outbox, Runner
from shared.errors import RejectEvent, RetryLater
from shared.events import Event, derived_id, from_message
from shared.log import open_log
from shared.log.port import EventLog, LoggedMessage, Message, TopicPartition
from shared.platform import system_clock
from shared.store import open_store
from shared.store.port import Store
from tests.shared.consuming.tally import HEARD, MESSAGES, SEEN, SUMS, TOLD, Amount, Tally, event_of, sums_of

PARTITIONS = 3
WITHIN_S = 60.0


@dataclass(frozen=True)
class Engine:
    """Which log and store a test runs over, and the servers behind them, where there are some."""

    log_url: str
    store_url: str
    topic_prefix: str = ""
    kafka: KafkaServer | None = None
    mongo: MongoServer | None = None

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
    while not await _holds(condition):
        assert time.monotonic() < deadline_s, "did not come about"
        await asyncio.sleep(0.01)


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


class Indifferent:
    """An AssignmentListener that does nothing."""

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None: ...

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None: ...


async def messages_in(engine: Engine, topic: str) -> list[LoggedMessage]:
    """Every message that stands in ``topic`` now, in order within a partition."""
    log = await engine.log()
    wanted = sum((await log.ends(topic)).values())
    subscription = await log.subscribe([topic], group=None, listener=Indifferent())
    found: list[LoggedMessage] = []
    try:
        while len(found) < wanted:
            for messages in (await subscription.poll(1000, 1.0)).values():
                found.extend(messages)
    finally:
        await subscription.close()
        await log.close()
    return found


@dataclass
class Books:
    """What stands in the end."""

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    messages: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)


async def books(engine: Engine) -> Books:
    """The tally's store and what it told, read as another process does."""
    store = await engine.store()
    kept = Books()
    kept.sums = await store.all_counters(SUMS, prefix="")
    kept.messages = await store.all_counters(MESSAGES, prefix="")
    cursor = None
    while True:
        page = await store.find(SEEN, {}, limit=1000, cursor=cursor)
        kept.seen |= {document.id: document.body for document in page.documents}
        if (cursor := page.cursor) is None:
            break
    await store.close()
    kept.told = [from_message(message) for message in await messages_in(engine, TOLD)]
    return kept


async def assert_counted(engine: Engine, numbers: Iterable[int], *, keys: int = 7) -> Books:
    """The events of ``numbers`` are counted once each, and each message of the log was applied once."""
    amounts = [Amount(event.id, event.key, n) for n, event in ((n, event_of(n, keys=keys)) for n in numbers)]
    kept = await books(engine)
    assert kept.seen == {each.id: {"key": each.key, "amount": each.amount} for each in amounts}
    assert kept.sums == sums_of(amounts)
    in_log = Counter(key for message in await messages_in(engine, HEARD) if (key := readable_key(message)))
    assert kept.messages == {key: {"messages": count} for key, count in in_log.items()}
    return kept


async def assert_exact(engine: Engine, numbers: Iterable[int], *, may_repeat: bool = False) -> None:
    """As ``assert_counted``, and each event is told of once, in the order of its key.

    ``may_repeat``: several relays ran at once, or one died between append and delete, so the log may hold an
    event again, under its id.
    """
    kept = await assert_counted(engine, numbers)
    ids = [event.id for event in kept.told]
    assert set(ids) == {derived_id(id, "told") for id in kept.seen}
    assert may_repeat or len(ids) == len(set(ids))
    for key in kept.sums:
        first_told = list(dict.fromkeys(event.subject for event in kept.told if event.key == key))
        assert first_told == [f"e{n}" for n in numbers if event_of(n).key == key]


def readable_key(message: LoggedMessage) -> str | None:
    """The key of a message that the tally can read."""
    try:
        return Tally().read(message).key
    except RejectEvent:
        return None


def metric(name: str, **labels: str) -> float:
    """The value of a metric now; 0 where it was never set."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
