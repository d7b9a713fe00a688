"""Handing messages to aiokafka's producer, with one future for all messages of a batch.

``AIOKafkaProducer.send`` makes a future, a result and ten calls for each message, and its batches by hand aren't
shared by appends at the same time. So its accumulator is filled here as its own ``add_message`` does it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerClosed


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A message as Kafka takes it."""

    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


async def send(producer: AIOKafkaProducer, topic: str, entries: Sequence[Entry]) -> list[int]:
    """The offset of each entry, once all are acknowledged. Raises KafkaError. It has no deadline of its own."""
    await producer.client._wait_on_metadata(topic)
    accumulator = producer._message_accumulator
    partitions = {entry.partition: TopicPartition(topic, entry.partition) for entry in entries}
    batches = set()
    places = []
    try:
        for entry in entries:
            batch, index = await _added(accumulator, partitions[entry.partition], entry)
            batches.add(batch.future)
            places.append((batch.future, index))
        if batches:
            await asyncio.wait(batches)  # they are others' too, so none may be cancelled with us
        return [future.result().offset + index for future, index in places]
    finally:
        for future in batches:
            future.add_done_callback(see_exception)


def see_exception(future: asyncio.Future[Any]) -> None:
    """Whoever could have raised it has gone; asyncio needn't complain that nobody did."""
    if not future.cancelled():
        future.exception()


async def _added(accumulator: Any, partition: TopicPartition, entry: Entry) -> tuple[Any, int]:
    """The batch that holds ``entry`` now, and the place in it; waits while the last one is full."""
    while True:
        if accumulator._closed:
            raise ProducerClosed
        if accumulator._exception is not None:
            raise copy.copy(accumulator._exception)
        waiting = accumulator._batches.get(partition)
        batch = waiting[-1] if waiting else accumulator._append_batch(accumulator.create_builder(), partition)
        index = batch.record_count
        if batch._builder.append(timestamp=None, key=entry.key, value=entry.value, headers=entry.headers):
            return batch, index
        accumulator._wakeup(accumulator._waiter_future)
        await batch.wait_drain()
