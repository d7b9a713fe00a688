"""Reading Kafka, as one member of a group or alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from time import monotonic
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from shared.log.kafka_client import retrying_later, start
from shared.log.kafka_queries import Queries
from shared.log.listening import Teller
from shared.log.port import AssignmentListener, Batch, LoggedMessage, TopicPartition

PING_WHEN_SILENT_S = 3.0
ADVISORY_TIMEOUT_S = 3.0
"""How long a commit or the lag may take: reading goes on after it, and soon meets by itself what is away."""

FETCH_GRACE_S = 0.05
HEARTBEAT_S = 1.0  # also how soon a member learns of a rebalance

Records = Mapping[KafkaPartition, Sequence[ConsumerRecord[bytes | None, bytes | None]]]


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]
    """See the port. Connects, and joins its group, at the first poll.

    aiokafka calls the listener from a task of its own and starts to fetch before it has finished. So what is
    assigned stays paused until the listener has been told, and whoever polls had a chance to seek: the poll ends
    then, and the next one lets it flow. A fetch at the wrong place would wait there for half a second.
    """

    def __init__(
        self,
        bootstrap: str,
        partitions: frozenset[TopicPartition],
        *,
        prefix: str,
        group: str | None,
        listener: AssignmentListener,
        queries: Queries,
        timeout_s: float,
    ) -> None:
        self._bootstrap = bootstrap
        self._partitions = partitions
        self._prefix = prefix
        self._group = group
        self._teller = Teller(listener)
        self._queries = queries
        self._timeout_s = timeout_s
        self._consumer: AIOKafkaConsumer | None = None
        self._fetching: asyncio.Task[Records] | None = None
        self._places: dict[TopicPartition, int] = {}
        self._told: set[TopicPartition] = set()
        self._gained: set[TopicPartition] = set()
        """Of those, what came since the last poll began."""
        self._paused: set[TopicPartition] = set()
        self._moved: set[TopicPartition] = set()
        self._answered_at = monotonic()
        self._closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._news: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # What the one who reads calls.

    async def poll(self, max_messages: int, max_wait_s: float) -> Batch:
        """See the port."""
        if self._closing.done():
            raise RuntimeError("the subscription has been closed")
        consumer = await self._connected()
        self._teller.raise_failure()
        self._let_flow(consumer)
        records = await self._fetch(consumer, max_messages, max_wait_s)
        self._teller.raise_failure()
        if not records:
            await self._check_that_kafka_answers()
            return {}
        self._answered_at = monotonic()
        return self._taken(consumer, records, max_messages)

    def seek(self, partition: TopicPartition, next_offset: int) -> None:
        """See the port."""
        if self._consumer is not None and partition in self.assignment():
            self._consumer.seek(self._theirs(partition), max(next_offset, 0))
            self._places[partition] = max(next_offset, 0)
            self._note_moved({partition})

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """See the port."""
        ours = partitions & self.assignment()
        self._paused |= ours
        if self._consumer is not None:
            self._consumer.pause(*map(self._theirs, ours))

    def resume(self, partitions: frozenset[TopicPartition]) -> None:
        """See the port."""
        ours = partitions & self.assignment()
        self._paused -= ours
        if self._consumer is not None:
            self._consumer.resume(*map(self._theirs, ours & self._told - self._gained))

    async def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """See the port."""
        ours = self.assignment()
        offsets = {self._theirs(partition): at for partition, at in positions.items() if partition in ours}
        if self._consumer is None or self._group is None or not offsets:
            return
        with retrying_later(self._bootstrap), suppress(CommitFailedError, IllegalStateError):
            async with asyncio.timeout(ADVISORY_TIMEOUT_S):
                await self._consumer.commit(offsets)

    async def lag(self) -> Mapping[TopicPartition, int]:
        """See the port."""
        ours = {self._theirs(partition): partition for partition in self.assignment()}
        unread = [theirs for theirs, partition in ours.items() if partition not in self._places]
        with retrying_later(self._bootstrap):
            async with asyncio.timeout(ADVISORY_TIMEOUT_S):
                ends = await self._queries.ends(ours)
                started = await self._queries.committed(self._group, unread) if self._group and unread else {}
        return {
            partition: max(ends[theirs] - self._places.get(partition, started.get(theirs, 0)), 0)
            for theirs, partition in ours.items()
        }

    def assignment(self) -> frozenset[TopicPartition]:
        """See the port."""
        if self._consumer is None:
            return frozenset()
        return self._ours(self._consumer.assignment())

    async def close(self) -> None:
        """See the port."""
        if self._closing.done():
            return
        self._closing.set_result(None)
        if self._fetching is not None:
            self._fetching.cancel()
        if self._consumer is not None:
            stopping = asyncio.create_task(self._consumer.stop())
            await asyncio.wait({stopping}, timeout=self._timeout_s)
            stopping.cancel()

    # What aiokafka calls.

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        """Tell the listener, and let nothing be fetched before."""
        if self._consumer is None:
            raise RuntimeError("partitions were assigned before the consumer was there")
        self._consumer.pause(*assigned)
        ours = self._ours(assigned)
        self._forget(self._told)
        await self._teller.assigned(ours)
        self._told |= ours & self.assignment()
        self._gained |= self._told
        if not self._news.done():
            self._news.set_result(None)

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        """Tell the listener."""
        ours = self._ours(revoked)
        self._forget(ours)
        if ours:
            await self._teller.revoked(ours)

    # Inside.

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        gone = set(partitions)
        self._note_moved(gone)
        self._told -= gone
        self._gained -= gone
        self._paused -= gone
        for partition in gone:
            self._places.pop(partition, None)

    def _note_moved(self, partitions: set[TopicPartition]) -> None:
        """What was fetched from ``partitions``, and not returned yet, counts no longer."""
        if self._fetching is not None and self._fetching.done():
            self._moved |= partitions

    def _let_flow(self, consumer: AIOKafkaConsumer) -> None:
        """Have what came fetched from now on: from where it was sought, if it was."""
        consumer.resume(*map(self._theirs, self._gained - self._paused))
        self._gained.clear()

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                heartbeat_interval_ms=int(HEARTBEAT_S * 1000),
                request_timeout_ms=int(self._timeout_s * 1000),
            )
            with retrying_later(self._bootstrap):
                async with asyncio.timeout(self._timeout_s):
                    await start(consumer.start, consumer.stop)
            self._consumer = consumer
            await self._join(consumer)
        return self._consumer

    async def _join(self, consumer: AIOKafkaConsumer) -> None:
        if self._group is not None:
            consumer.subscribe(sorted({self._prefix + tp.topic for tp in self._partitions}), listener=self)
        else:
            consumer.assign([self._theirs(partition) for partition in self._partitions])
            await self.on_partitions_assigned(consumer.assignment())

    async def _fetch(self, consumer: AIOKafkaConsumer, max_messages: int, max_wait_s: float) -> Records:
        """Wait for records. The request outlives this call when it has to: aiokafka counts an interrupted
        one as a poll that never ended, and while a group rebalances it waits longer than it was told to."""
        if self._fetching is None:
            self._moved.clear()
            self._fetching = asyncio.create_task(
                consumer.getmany(timeout_ms=int(max_wait_s * 1000), max_records=max_messages)
            )
        if self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        ends: set[asyncio.Future[Any]] = {self._fetching, self._closing, self._news}
        await asyncio.wait(
            ends,
            timeout=max_wait_s + FETCH_GRACE_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not self._fetching.done():
            return {}
        fetching, self._fetching = self._fetching, None
        if self._closing.done():
            return {}
        with retrying_later(self._bootstrap):
            return fetching.result()

    def _taken(self, consumer: AIOKafkaConsumer, records: Records, max_messages: int) -> Batch:
        """What of ``records`` still counts, at most ``max_messages``; the rest is fetched again."""
        batch: dict[TopicPartition, Sequence[LoggedMessage]] = {}
        room = max_messages
        for theirs, fetched in records.items():
            partition = self._our(theirs)
            if partition in self._moved:
                continue
            taken = [] if partition in self._paused else fetched[:room]
            if len(taken) < len(fetched):
                consumer.seek(theirs, fetched[len(taken)].offset)
            if taken:
                batch[partition] = [_logged(record) for record in taken]
                self._places[partition] = taken[-1].offset + 1
                room -= len(taken)
        return batch

    async def _check_that_kafka_answers(self) -> None:
        """aiokafka hides a lost connection, so ask now and then while nothing comes. Raises RetryLater."""
        if monotonic() - self._answered_at > PING_WHEN_SILENT_S and not self._closing.done():
            await self._queries.ping(PING_WHEN_SILENT_S)
            self._answered_at = monotonic()

    def _theirs(self, partition: TopicPartition) -> KafkaPartition:
        return KafkaPartition(self._prefix + partition.topic, partition.partition)

    def _our(self, partition: KafkaPartition) -> TopicPartition:
        return TopicPartition(partition.topic.removeprefix(self._prefix), partition.partition)

    def _ours(self, partitions: Iterable[KafkaPartition]) -> frozenset[TopicPartition]:
        return frozenset(map(self._our, partitions))


_Headers = tuple[tuple[str, bytes], ...]
_content_of = itemgetter(1)


def _logged(record: ConsumerRecord[bytes | None, bytes | None]) -> LoggedMessage:
    """Whatever somebody put there: no key, no value and headers without one become empty."""
    headers = tuple(record.headers)
    if not all(map(_content_of, headers)):
        headers = tuple((name, content or b"") for name, content in headers)
    return LoggedMessage(
        record.offset,
        (record.key or b"").decode(errors="replace"),
        cast(_Headers, headers),
        record.value or b"",
    )
