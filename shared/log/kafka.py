"""The event log in Apache Kafka: for any number of processes on any number of machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakSet

from aiokafka import TopicPartition as KafkaPartition

from shared.log.kafka_appending import Appender
from shared.log.kafka_queries import Queries
from shared.log.kafka_sending import Entry
from shared.log.kafka_subscription import KafkaSubscription
from shared.log.limits import MAX_MESSAGE_BYTES, MAX_VALUE_BYTES, message_too_large, value_too_large
from shared.log.opened import opened_topic
from shared.log.partitioning import partition_of
from shared.log.port import AssignmentListener, LogAddress, Message, Position, TopicPartition
from shared.metrics import LOG_APPEND_DURATION


class KafkaEventLog:
    """``EventLog`` in the cluster at ``bootstrap`` (``host:port,host:port``). One event loop may use it.

    ``topic_prefix`` stands before the names of topics and groups in the cluster, and nowhere else.
    ``append_timeout_s``: how long Kafka may take to acknowledge an append, or to answer anything else.
    """

    def __init__(self, bootstrap: str, *, topic_prefix: str = "", append_timeout_s: float = 10.0) -> None:
        self._bootstrap = bootstrap
        self._prefix = topic_prefix
        self._timeout_s = append_timeout_s
        self._partition_counts: dict[str, int] = {}
        self._opened_with = 0
        self._appender = Appender(bootstrap, append_timeout_s)
        self._queries = Queries(bootstrap, append_timeout_s)
        self._subscriptions: WeakSet[KafkaSubscription] = WeakSet()
        self._is_closed = False

    async def open(self, topics: Sequence[str], *, partition_count: int) -> None:
        """See the port."""
        names = [self._prefix + topic for topic in topics]
        counts = await self._queries.ensure_topics(names, partition_count)
        self._partition_counts |= {topic: counts[self._prefix + topic] for topic in topics}
        await self._appender.start()
        self._opened_with = partition_count

    @property
    def address(self) -> LogAddress:
        """See the port."""
        return LogAddress(f"kafka://{self._bootstrap}", self._prefix, self._opened_with)

    async def append(self, topic: str, messages: Sequence[Message]) -> list[Position]:
        """See the port."""
        count = self._partition_count(topic)
        entries = [_entry(message, count) for message in messages]
        with LOG_APPEND_DURATION.labels(topic).time():
            offsets = await self._appender.append(self._prefix + topic, entries)
        return [
            Position(topic, entry.partition, offset + 1)
            for entry, offset in zip(entries, offsets, strict=True)
        ]

    async def subscribe(
        self, topics: Sequence[str], *, group: str | None, listener: AssignmentListener
    ) -> KafkaSubscription:
        """See the port."""
        subscription = KafkaSubscription(
            self._bootstrap,
            frozenset(partition for topic in topics for partition in self._partitions(topic)),
            prefix=self._prefix,
            group=None if group is None else self._prefix + group,
            listener=listener,
            queries=self._queries,
            timeout_s=self._timeout_s,
        )
        self._subscriptions.add(subscription)
        return subscription

    async def ends(self, topic: str) -> Mapping[TopicPartition, int]:
        """See the port."""
        theirs = self._theirs(topic)
        ends = await self._queries.ends(theirs)
        return {ours: ends[partition] for partition, ours in theirs.items()}

    async def committed(self, topic: str, *, group: str) -> Mapping[TopicPartition, int]:
        """See the port."""
        theirs = self._theirs(topic)
        committed = await self._queries.committed(self._prefix + group, theirs)
        return {ours: committed[partition] for partition, ours in theirs.items()}

    async def close(self) -> None:
        """See the port."""
        if self._is_closed:
            return
        self._is_closed = True
        for subscription in list(self._subscriptions):
            await subscription.close()
        await self._appender.stop()
        await self._queries.close()

    def _partition_count(self, topic: str) -> int:
        return opened_topic(self._partition_counts, topic, is_closed=self._is_closed)

    def _partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, partition) for partition in range(self._partition_count(topic))]

    def _theirs(self, topic: str) -> dict[KafkaPartition, TopicPartition]:
        return {
            KafkaPartition(self._prefix + topic, ours.partition): ours for ours in self._partitions(topic)
        }


def _entry(message: Message, partition_count: int) -> Entry:
    if len(message.value) > MAX_VALUE_BYTES:
        raise value_too_large(len(message.value))
    partition = partition_of(message.key, partition_count)
    entry = Entry(partition, message.key.encode(), message.value, list(message.headers))
    if (size := _size(entry)) > MAX_MESSAGE_BYTES:
        raise message_too_large(size)
    return entry


def _size(entry: Entry) -> int:
    headers = sum(len(name) + len(content) for name, content in entry.headers)
    return len(entry.key) + len(entry.value) + headers
