"""Appending to Kafka, with a deadline: in time, or RetryLater."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from shared.errors import TooLarge
from shared.log.kafka_client import retrying_later
from shared.log.kafka_sending import Entry, see_exception, send
from shared.log.limits import MAX_MESSAGE_BYTES

FRAMING_BYTES = 8_000  # upper bound of what Kafka adds to one message
MAX_BATCH_BYTES = 262_144
MAX_PART_BYTES = 4_000_000  # a larger append is sent in parts, each with the whole deadline


class Appender:
    """Has a producer that works, or starts one.

    An idempotent producer of aiokafka tries for ever to deliver what it took, and takes more meanwhile. So
    when something isn't delivered in time, the producer is dropped with all that it holds, and the next
    append starts another. What it had sent last may still arrive.
    """

    def __init__(self, bootstrap: str, timeout_s: float) -> None:
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._starting: asyncio.Task[AIOKafkaProducer] | None = None
        self._dropping: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._idle: asyncio.Future[None] | None = None

    async def append(self, topic: str, entries: Sequence[Entry]) -> list[int]:
        """Return each entry's offset, once all in-sync replicas have all of them.

        Raises RetryLater, and TooLarge when the brokers allow less than ``MAX_MESSAGE_BYTES``.
        """
        self._under_way += 1
        try:
            with retrying_later(self._bootstrap):
                return [offset for part in _parts(entries) for offset in await self._append(topic, part)]
        finally:
            self._under_way -= 1
            if self._under_way == 0 and self._idle is not None:
                self._idle.set_result(None)

    async def start(self) -> None:
        """Connect. Raises RetryLater."""
        with retrying_later(self._bootstrap):
            await self._started()

    async def stop(self) -> None:
        """Deliver what is under way, as far as it works in time, and disconnect. Nothing may be appended
        after this was called."""
        if self._under_way:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        producer, self._producer = self._producer, None
        if producer is not None:
            stopping = asyncio.create_task(producer.stop())
            await asyncio.wait({stopping}, timeout=self._timeout_s)
            if not stopping.done():
                await _abandon(producer)
                await asyncio.wait({stopping})
        await asyncio.gather(*self._dropping)

    async def _append(self, topic: str, entries: Sequence[Entry]) -> list[int]:
        async with asyncio.timeout(self._timeout_s):
            producer = await self._started()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await send(producer, topic, entries)
        except MessageSizeTooLargeError as error:
            raise TooLarge(f"Kafka 不收这么大的消息：{error}。") from error
        except (KafkaError, TimeoutError):
            self._drop(producer)
            raise

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        starting = self._starting
        if starting is None:
            starting = self._starting = asyncio.create_task(self._start())
            starting.add_done_callback(see_exception)
        await asyncio.wait({starting})  # one start for all who wait, whoever of them is cancelled
        return starting.result()

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",  # a third of the disk, and of what every reader gets over the network
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_MESSAGE_BYTES + FRAMING_BYTES,
            request_timeout_ms=int(self._timeout_s * 1000),
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                await producer.start()
        except (KafkaError, OSError, TimeoutError):
            self._drop(producer)
            raise
        finally:
            self._starting = None
        self._producer = producer
        return producer

    def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        dropping = asyncio.create_task(_abandon(producer))
        self._dropping.add(dropping)
        dropping.add_done_callback(self._dropping.discard)


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Cut entries into parts of about ``MAX_PART_BYTES`` at most."""
    first = size = 0
    for i, entry in enumerate(entries):
        if size and size + len(entry.value) > MAX_PART_BYTES:
            yield entries[first:i]
            first, size = i, 0
        size += len(entry.value)
    if entries:
        yield entries[first:]


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Disconnect at once and fail what is queued. aiokafka has no call for it: ``stop`` delivers first."""
    queued = producer._message_accumulator
    batches = [*itertools.chain.from_iterable(queued._batches.values()), *queued._pending_batches]
    queued.fail_all(KafkaTimeoutError())
    for batch in batches:
        see_exception(batch._drain_waiter)  # fails too, though mostly nobody waits for room in the batch
    await producer.client.close()
    sending = producer._sender.sender_task
    if sending is not None:
        sending.remove_done_callback(producer._sender._fail_all)  # fails itself where there is no transaction
        while not sending.done():
            sending.cancel()  # at first it waits for its requests, and they for a connection that is no more
            await asyncio.wait({sending}, timeout=0.1)
        see_exception(sending)
    await producer.stop()
