"""What is asked of Kafka beside messages: topics, where they end, and what groups committed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import OffsetAndMetadata

from shared.log.kafka_client import retrying_later, start

RETRY_EVERY_S = 0.1


class Queries:
    """Connections of its own, so that no answer waits behind a fetch. Everything raises RetryLater."""

    def __init__(self, bootstrap: str, timeout_s: float) -> None:
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._admin: AIOKafkaAdminClient | None = None
        self._reader: AIOKafkaConsumer | None = None
        self._connecting = asyncio.Lock()

    async def ensure_topics(self, names: Sequence[str], partition_count: int) -> dict[str, int]:
        """Make the topics that aren't there; return how many partitions each of ``names`` has."""
        with retrying_later(self._bootstrap):
            async with asyncio.timeout(self._timeout_s):
                admin, _ = await self._connected()
                found = await _partition_counts(admin, names)
                await _create(admin, [name for name in names if name not in found], partition_count)
                while len(found) < len(names):
                    await asyncio.sleep(RETRY_EVERY_S)
                    found = await _partition_counts(admin, names)
        return found

    async def ends(self, partitions: Iterable[KafkaPartition]) -> dict[KafkaPartition, int]:
        """The ``next_offset`` at the end of each."""
        with retrying_later(self._bootstrap):
            async with asyncio.timeout(self._timeout_s):
                _, reader = await self._connected()
                ends: dict[KafkaPartition, int] = await reader.end_offsets(list(partitions))
        return ends

    async def committed(self, group: str, partitions: Iterable[KafkaPartition]) -> dict[KafkaPartition, int]:
        """What ``group`` committed for each; 0 where it never did."""
        with retrying_later(self._bootstrap):
            async with asyncio.timeout(self._timeout_s):
                admin, _ = await self._connected()
                offsets = await _committed(admin, group, list(partitions))
        return {partition: max(found.offset, 0) for partition, found in offsets.items()}

    async def ping(self, timeout_s: float) -> None:
        """Return if a broker answers within ``timeout_s``."""
        with retrying_later(self._bootstrap):
            async with asyncio.timeout(timeout_s):
                admin, _ = await self._connected()
                await admin.describe_topics([])

    async def close(self) -> None:
        """Disconnect."""
        if self._admin is not None:
            await self._admin.close()
        if self._reader is not None:
            await self._reader.stop()

    async def _connected(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        """Connect once; aiokafka does so again by itself."""
        common = {"bootstrap_servers": self._bootstrap, "request_timeout_ms": int(self._timeout_s * 1000)}
        async with self._connecting:
            if self._admin is None:
                admin = AIOKafkaAdminClient(**common)
                await start(admin.start, admin.close)
                self._admin = admin
            if self._reader is None:
                reader = AIOKafkaConsumer(enable_auto_commit=False, **common)
                await start(reader.start, reader.stop)
                self._reader = reader
        return self._admin, self._reader


async def _partition_counts(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """The topics that are there, as far as every partition of them can be used."""
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in await admin.describe_topics(list(names))
        if topic["error_code"] == 0 and all(partition["leader"] >= 0 for partition in topic["partitions"])
    }


async def _create(admin: AIOKafkaAdminClient, names: Sequence[str], partition_count: int) -> None:
    if not names:
        return
    default_replication = -1  # the cluster's; the empty assignment makes aiokafka let it pass
    topics = [NewTopic(name, partition_count, default_replication, replica_assignments={}) for name in names]
    response = await admin.create_topics(topics)
    for name, error_code, message in response.topic_errors:
        error = for_code(error_code)
        if error_code and error is not TopicAlreadyExistsError:
            raise error(f"{name}: {message}")


async def _committed(
    admin: AIOKafkaAdminClient, group: str, partitions: list[KafkaPartition]
) -> dict[KafkaPartition, OffsetAndMetadata]:
    """Ask until the group has a coordinator, which a cluster may first have to choose."""
    while True:
        try:
            found: dict[KafkaPartition, OffsetAndMetadata]
            found = await admin.list_consumer_group_offsets(group, partitions=partitions)
            if len(found) == len(partitions):  # a coordinator that just starts may leave some out
                return found
        except KafkaError as error:
            if not error.retriable:
                raise
        await asyncio.sleep(RETRY_EVERY_S)
