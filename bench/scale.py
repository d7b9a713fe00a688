"""How quota's fold scales: on both engines beside bare statements, with 1, 2 and 4 consumers, and a whole rebuild.

It is measured with few events and with many: the more stand, the more the store has to do for the next one, beside what
the fold does itself.

The reference writes what the fold wrote, batch by batch, as bare statements of the driver (SQLite's executemany,
MongoDB's bulk writes), each batch in one transaction and as durable: nothing is read, decoded or worked out. It is the
limit of any fold into that store; the aim is 0.6 of it. Consumers are processes of one group over Kafka and MongoDB,
timed from the first event counted to the last; their reference is one of them. A rebuild folds anew and compares: it
reads the whole log again (the aim is 1,000,000 submissions in 30 s); its reference are the bare statements.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop
from pymongo import MongoClient

import services.cli
from bench.events import invented_messages
from bench.forms import load
from bench.harness import Comparison, arguments, compare, report
from bench.quota_writes import Batch, NotingStore, write_to_mongo, write_to_sqlite
from bench.systems import scratch_folder, servers
from services.cli.rebuilding import rebuild, runners_of
from services.quota.app import build
from shared.access import Access
from shared.consuming import Runner
from shared.events import Topic
from shared.http import Service
from shared.http.serving import COLLECT_AFTER
from shared.log import open_log
from shared.log.port import EventLog, Message
from shared.platform import Platform
from shared.settings import Settings
from shared.store import open_store
from shared.store.paging import all_documents
from shared.store.port import Collection, Store

INVENTED_COUNT = 200_000
"""More are copies of these, of other submissions and persons."""
FOLDED_COUNTS = (200_000, 1_000_000)
CONSUMERS = (2, 4)
PARTITION_COUNT = 8
AT_ONCE = 5_000
AIM = 0.6
REBUILD_A_MILLION_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Fold:
    """Quota over a log and a store."""

    platform: Platform
    service: Service
    runner: Runner

    async def until_caught_up(self) -> None:
        """Run until nothing is left."""
        await self.runner.start()
        try:
            while not await self.runner.caught_up():
                if self.runner.crashed is not None:
                    raise self.runner.crashed
                await asyncio.sleep(0.05)
        finally:
            await self.runner.stop()


@asynccontextmanager
async def fold(folder: Path, log: EventLog, store: Store) -> AsyncIterator[Fold]:
    """The service's own consumer over an opened ``log``; closes the store."""
    campaign = load()
    settings = Settings(oidc_keys_url=f"file:{folder}/public.json", channel_keys_file=folder / "keys.json")
    platform = Platform(
        settings=settings,
        log=log,
        store=store,
        campaigns={campaign.id: campaign},
        access=Access.from_settings(settings),
    )
    service = build(platform)
    await store.open(service.collections)
    try:
        yield Fold(platform, service, runners_of(service)[0])
    finally:
        await store.close()


@asynccontextmanager
async def opened_log(url: str) -> AsyncIterator[EventLog]:
    """With every topic."""
    log = open_log(url, topic_prefix="")
    await log.open(list(Topic), partition_count=PARTITION_COUNT)
    try:
        yield log
    finally:
        await log.close()


async def append(log: EventLog, messages: Iterable[Message]) -> None:
    """All of them, in order."""
    part: list[Message] = []
    for message in messages:
        part.append(message)
        if len(part) == AT_ONCE:
            await log.append(Topic.SUBMISSIONS, part)
            part = []
    if part:
        await log.append(Topic.SUBMISSIONS, part)


def _keep(_: str) -> None:
    """Nothing becomes of it."""


def _drop_database(url: str) -> None:
    with MongoClient[Any](url) as client:
        client.drop_database(client.get_default_database().name)


@dataclass(slots=True)
class OnEngine:
    """Events in a log; every fold gets a store of its own."""

    folder: Path
    log_url: str
    store_urls: Iterator[str]
    event_count: int
    drop: Callable[[str], None] = _keep
    """What becomes of the store at a URL, once it is measured."""

    async def once(self) -> float:
        """Events a second, to the last one counted."""
        url = next(self.store_urls)
        async with opened_log(self.log_url) as log, fold(self.folder, log, open_store(url)) as ours:
            began_s = perf_counter()
            await ours.until_caught_up()
            rate = self.event_count / (perf_counter() - began_s)
        await asyncio.to_thread(self.drop, url)
        return rate

    async def noted(self) -> tuple[Sequence[Batch], Service]:
        """What the fold writes. Its store stays."""
        store = NotingStore(open_store(next(self.store_urls)))
        async with opened_log(self.log_url) as log, fold(self.folder, log, store) as ours:
            await ours.until_caught_up()
        gc.collect()
        gc.freeze()  # what was noted lies about for as long as is measured
        return store.batches, ours.service


async def on_sqlite(folder: Path, messages: Sequence[Message], event_count: int, pairs: int) -> Comparison:
    """Beside executemany."""
    numbers = count()
    stores = (_store_url(folder, number) for number in numbers)
    async with opened_log(log_url(folder)) as log:
        await append(log, copies(messages, event_count))
    engine = OnEngine(folder, log_url(folder), stores, event_count)
    batches, service = await engine.noted()

    async def bare() -> float:
        path = folder / f"bare-{next(numbers)}.db"
        return event_count / await write_to_sqlite(path, service.collections, batches)

    return await compare(f"fold: quota on SQLite, {event_count:,}", engine.once, bare, pairs=pairs, aim=AIM)


def log_url(folder: Path) -> str:
    """The embedded log there."""
    return f"sqlite:///{folder}/log.db"


def _store_url(folder: Path, number: int = 0) -> str:
    """One of the embedded stores there; the first one holds what all of the log comes to."""
    return f"sqlite:///{folder}/store-{number}.db"


async def on_servers(
    folder: Path, messages: Sequence[Message], event_count: int, pairs: int, consumers: Sequence[int]
) -> list[Comparison]:
    """Beside bulk writes, then by the number of consumers."""
    numbers = count()
    async with servers(folder) as (kafka, mongo):
        stores = (mongo.url_of(f"fold{number}") for number in numbers)
        async with opened_log(kafka.url) as log:
            await append(log, copies(messages, event_count))
        engine = OnEngine(folder, kafka.url, stores, event_count, _drop_database)
        batches, _ = await engine.noted()

        async def bare() -> float:
            name = f"bare{next(numbers)}"
            return event_count / await asyncio.to_thread(write_to_mongo, mongo.url, name, batches)

        name = f"fold: quota on Kafka and MongoDB, {event_count:,}"
        measured = [await compare(name, engine.once, bare, pairs=pairs, aim=AIM)]

        async def several(number: int) -> float:
            return await asyncio.to_thread(_shared_out, folder, kafka.url, next(stores), number)

        for number in consumers:
            name = f"fold: {number} consumers, beside 1"
            measured.append(await compare(name, partial(several, number), partial(several, 1), pairs=pairs))
        return measured


def _shared_out(folder: Path, log_url: str, store_url: str, consumer_count: int) -> float:
    """Events a second of so many processes together."""
    context = get_context("spawn")
    stop = context.Event()
    processes = [
        context.Process(target=_consume, args=(folder, log_url, store_url, stop))
        for _ in range(consumer_count)
    ]
    for process in processes:
        process.start()
    try:
        return asyncio.run(_watched(folder, log_url, store_url))
    finally:
        stop.set()
        for process in processes:
            process.join()


def _consume(folder: Path, log_url: str, store_url: str, stop: Signal) -> None:
    uvloop.run(_consuming(folder, log_url, store_url, stop))


async def _consuming(folder: Path, log_url: str, store_url: str, stop: Signal) -> None:
    async with opened_log(log_url) as log, fold(folder, log, open_store(store_url)) as ours:
        await ours.runner.start()
        await asyncio.to_thread(stop.wait)
        await ours.runner.stop()


async def _watched(folder: Path, log_url: str, store_url: str) -> float:
    """From the first event that is counted to the last."""
    async with opened_log(log_url) as log, fold(folder, log, open_store(store_url)) as ours:
        ends = await log.ends(Topic.SUBMISSIONS)
        total = sum(ends.values())
        positions = next(each for each in ours.runner.collections if each.name.endswith(".positions"))
        assert isinstance(positions, Collection)
        first_s, first_count = 0.0, 0
        while True:
            documents = [
                each async for each in all_documents(ours.platform.store, positions, {}, at_once=AT_ONCE)
            ]
            counted = sum(document.body["next_offset"] for document in documents)
            if counted and not first_s:
                first_s, first_count = perf_counter(), counted
            if counted >= total:
                return (total - first_count) / (perf_counter() - first_s)
            await asyncio.sleep(0.01)


def copies(messages: Sequence[Message], message_count: int) -> Iterator[Message]:
    """So many: ``messages``, and again, of other submissions and other persons each time."""
    for number in range(message_count):
        turn, place = divmod(number, len(messages))
        yield _copy(messages[place], b"x%03d" % turn) if turn else messages[place]


def _copy(message: Message, turn: bytes) -> Message:
    """The message of another submission: ids and persons end with ``turn``, as none of ``messages`` does."""
    id = dict(message.headers)["ce_subject"]
    other = id[: -len(turn)] + turn
    value = _PERSON.sub(rb"\g<0>" + turn, message.value.replace(id, other), count=1)
    headers = tuple((name, each.replace(id, other)) for name, each in message.headers)
    return Message(message.key + turn.decode(), headers, value)


_PERSON = re.compile(rb'"person":"[^"]*')


async def rebuilt(folder: Path, event_count: int, bare: Comparison) -> Comparison:
    """A rebuild of all submissions of the embedded log there, by what ``dafangtan rebuild quota`` does."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        took_s = await asyncio.wrap_future(process.submit(_rebuild, folder))
    rate = event_count / took_s
    ratio = rate / bare.reference_per_s
    verdict = "ok" if took_s < REBUILD_A_MILLION_WITHIN_S * event_count / 1_000_000 else "short"
    aim = f"aim {REBUILD_A_MILLION_WITHIN_S:.0f} s a million"
    note = f"{took_s:.1f} s with the proof that both are equal; {aim}  {verdict}"
    name = f"rebuild: {event_count:,} submissions"
    return Comparison(name, rate, bare.reference_per_s, ratio, ratio, ratio, None, note)


def _rebuild(folder: Path) -> float:
    """Seconds, in a process that does nothing else: as the command runs."""
    gc.set_threshold(services.cli.COLLECT_AFTER)
    return asyncio.run(_timed_rebuild(folder))


async def _timed_rebuild(folder: Path) -> float:
    async with opened_log(log_url(folder)) as log, fold(folder, log, open_store(_store_url(folder))) as ours:
        began_s = perf_counter()
        done = await rebuild([ours.runner], log, ours.platform.store)
        took_s = perf_counter() - began_s
    assert done.is_equal, "a rebuild gives what stood"
    return took_s


async def main() -> None:
    """Measure all of it."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--events", type=int, nargs="+", default=FOLDED_COUNTS, help="in a fold; the last is rebuilt too"
    )
    parser.add_argument(
        "--consumers", type=int, nargs="*", default=CONSUMERS, help="how many beside one (2 4)"
    )
    options = parser.parse_args()
    messages = list(invented_messages(load(), INVENTED_COUNT))
    gc.collect()
    gc.freeze()  # this and the next, as a server does once it has started
    gc.set_threshold(*COLLECT_AFTER)
    found: list[Comparison] = []
    for event_count in options.events:
        with scratch_folder() as folder:
            on_one = await on_sqlite(folder, messages, event_count, options.pairs)
            found.append(on_one)
            if event_count == options.events[-1]:
                found.append(await rebuilt(folder, event_count, on_one))
        with scratch_folder() as folder:
            consumers = options.consumers if event_count == options.events[0] else ()
            found += await on_servers(folder, messages, event_count, options.pairs, consumers)
    report(found, as_json=options.json)


if __name__ == "__main__":
    uvloop.run(main())
