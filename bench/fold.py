"""How fast quota and analytics follow the log: real events over SQLite, beside decoding the same with msgspec.

200,000 events of an invented campaign (bench/events.py), on 8 partitions. Ours is the real consumer with an
empty store each time, from the first message until nothing is left: read, decoded, applied, durable; quota's has a
second process read for it, as always when so much is waiting, and starting that is part of the time. The reference
decodes the fields that quota uses, from memory, and does nothing with them. A process of its own invents the events:
what it leaves scattered over the memory would slow down whoever allocates after it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import msgspec
import uvloop

from bench.events import invented_messages
from bench.forms import load
from bench.harness import Comparison, arguments, compare, report
from bench.systems import scratch_folder
from services.analytics.consumer import SubmissionColumns
from services.quota import store as quota_store
from services.quota.app import MESSAGES_AT_ONCE, ahead_of
from services.quota.generations import REGISTRY
from services.quota.handlers import QuotaHandler
from shared.campaign import Campaign
from shared.consuming import Follower, Outbox, Runner
from shared.events import Topic
from shared.http.serving import COLLECT_AFTER
from shared.log import open_log
from shared.log.port import EventLog, Message
from shared.real_time import system_clock
from shared.store import open_store
from shared.store.port import Collection, Counters, Store

EVENT_COUNT = 200_000
PARTITION_COUNT = 8
AIM_PER_S = 50_000
APPENDED_AT_ONCE = 5000

Consumer = Runner | Follower
Declared = Sequence[Collection | Counters]
Build = Callable[[EventLog, Store], tuple[Consumer, Declared]]
"""Gives the consumer, and what the store is to be opened with."""


class _Fields(msgspec.Struct):
    """What quota takes from a submission's event."""

    submission_id: str
    campaign: str
    mode: str | None = None
    edition: str | None = None
    unit: str | None = None
    received_at: str | None = None
    revision: int = 0
    age_band: str | None = None
    person: str | None = None


@dataclass(slots=True)
class Bench:
    """The events in a log file, and their data in memory."""

    folder: Path
    values: Sequence[bytes]
    stores = count()

    async def fold(self, build: Build) -> float:
        """Events a second of the consumer that ``build`` makes over an empty store."""
        async with AsyncExitStack() as stack:
            log = await _opened(self.folder)
            stack.push_async_callback(log.close)
            store = open_store(f"sqlite:///{self.folder}/store-{next(self.stores)}.db")
            stack.push_async_callback(store.close)
            consumer, declared = build(log, store)
            await store.open(declared)
            started_s = perf_counter()
            await consumer.start()
            stack.push_async_callback(consumer.stop)
            while not await consumer.caught_up():
                if consumer.crashed is not None:
                    raise consumer.crashed
                await asyncio.sleep(0.05)
            return EVENT_COUNT / (perf_counter() - started_s)

    async def decode(self) -> float:
        """Events a second of the reference."""
        decode = msgspec.json.Decoder(_Fields).decode
        started_s = perf_counter()
        for value in self.values:
            decode(value)
        return EVENT_COUNT / (perf_counter() - started_s)

    async def compare(self, name: str, build: Build, pairs: int) -> Comparison:
        """Beside the reference."""
        return await compare(name, lambda: self.fold(build), self.decode, pairs=pairs)


async def _opened(folder: Path) -> EventLog:
    log = open_log(f"sqlite:///{folder}/log.db", topic_prefix="")
    await log.open(list(Topic), partition_count=PARTITION_COUNT)
    return log


def fill(folder: Path) -> None:
    """Invent all events and append them to the log."""
    asyncio.run(_append_all(folder, list(invented_messages(load(), EVENT_COUNT))))


async def _append_all(folder: Path, messages: Sequence[Message]) -> None:
    log = await _opened(folder)
    for start in range(0, len(messages), APPENDED_AT_ONCE):
        await log.append(Topic.SUBMISSIONS, messages[start : start + APPENDED_AT_ONCE])
    await log.close()
    (folder / "values").write_bytes(msgspec.msgpack.encode([message.value for message in messages]))


def _quota(campaigns: Mapping[str, Campaign], log: EventLog, store: Store) -> tuple[Runner, Declared]:
    outbox = Outbox("quota", log=log, store=store, clock=system_clock)
    handler = QuotaHandler(campaigns, clock=system_clock)
    runner = Runner(
        handler,
        log=log,
        store=store,
        outbox=outbox,
        clock=system_clock,
        messages_at_once=MESSAGES_AT_ONCE,
        reads_as=handler.generation.consumer,
        ahead=ahead_of(handler),
    )
    return runner, (*runner.collections, *REGISTRY, quota_store.MILESTONES, outbox.collection)


async def measure(campaign: Campaign, pairs: int) -> list[Comparison]:
    """Both consumers."""
    campaigns = {campaign.id: campaign}

    def analytics(log: EventLog, store: Store) -> tuple[Follower, Declared]:
        follower = Follower(SubmissionColumns(campaigns), log=log, store=store, clock=system_clock)
        return follower, follower.collections

    with scratch_folder() as folder:
        filling = get_context("spawn").Process(target=fill, args=(folder,))
        filling.start()
        filling.join()
        values = msgspec.msgpack.decode((folder / "values").read_bytes(), type=list[bytes])
        bench = Bench(folder, values)
        gc.collect()
        gc.freeze()  # this and the next, as a server does once it has started
        gc.set_threshold(*COLLECT_AFTER)
        of_quota = await bench.compare("fold: quota, beside msgspec alone", partial(_quota, campaigns), pairs)
        of_analytics = await bench.compare("fold: analytics, beside msgspec alone", analytics, pairs)
        short = "short" if of_quota.ours_per_s < AIM_PER_S else "ok"
        return [replace(of_quota, note=f"aim {AIM_PER_S:,}/s  {short}"), of_analytics]


async def main() -> None:
    """Measure and print."""
    options = arguments(__doc__).parse_args()
    report(await measure(load(), options.pairs), as_json=options.json)


if __name__ == "__main__":
    uvloop.run(main())
