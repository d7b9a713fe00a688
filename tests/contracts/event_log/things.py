"""What the tests of the event log share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import monotonic

from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, LoggedMessage, Message, Subscription, TopicPartition

TOPICS = ("submissions", "problems")
PARTITION_COUNT = 4
PATIENCE_S = 60.0  # how long a test waits for what must come


class Listener:
    """Notes what it is told; ``start`` says where to begin what comes."""

    def __init__(
        self, name: str = "", notes: list[tuple[str, str, frozenset[TopicPartition]]] | None = None
    ) -> None:
        self.name = name
        self.notes = notes if notes is not None else []
        self.has: frozenset[TopicPartition] = frozenset()
        self.start: Mapping[TopicPartition, int] = {}
        self.subscription: Subscription | None = None

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.notes.append((self.name, "assigned", partitions))
        self.has |= partitions
        for partition in partitions & self.start.keys():
            assert self.subscription is not None
            self.subscription.seek(partition, self.start[partition])

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        self.notes.append((self.name, "revoked", partitions))
        self.has -= partitions


def message(text: str, *, key: str | None = None) -> Message:
    """A message that says ``text``, by default under its own key."""
    return Message(text if key is None else key, (("ce_id", text.encode()),), text.encode())


def messages(count: int, *, name: str = "m") -> list[Message]:
    """Messages under as many keys."""
    return [message(f"{name}{i}") for i in range(count)]


def partitions_of(topic: str, count: int = PARTITION_COUNT) -> frozenset[TopicPartition]:
    """All partitions of a topic."""
    return frozenset(TopicPartition(topic, partition) for partition in range(count))


def values(batch: Batch) -> list[bytes]:
    """The values in a batch."""
    return [logged.value for found in batch.values() for logged in found]


class Reader:
    """Polls, and keeps what came by partition."""

    def __init__(self, *subscriptions: Subscription, max_messages: int = 1000) -> None:
        self.subscriptions = subscriptions
        self.max_messages = max_messages
        self.found: dict[TopicPartition, list[LoggedMessage]] = {}

    @property
    def values(self) -> list[bytes]:
        return [logged.value for found in self.found.values() for logged in found]

    async def turn(self, max_wait_s: float = 0.2) -> None:
        """One poll of each."""
        for subscription in self.subscriptions:
            for partition, found in (await subscription.poll(self.max_messages, max_wait_s)).items():
                self.found.setdefault(partition, []).extend(found)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Poll until something holds."""
        deadline = monotonic() + PATIENCE_S
        while not holds():
            assert monotonic() < deadline, f"it never held; {len(self.values)} messages came"
            await self.turn()

    async def until_count(self, count: int) -> list[bytes]:
        """Poll until so many messages came; return their values."""
        await self.until(lambda: len(self.values) >= count)
        return self.values


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Try until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():
            pass


def is_in_order(found: Iterable[Sequence[LoggedMessage]]) -> bool:
    """Whether offsets follow one another without a gap in each partition."""
    return all(
        [m.offset for m in part] == list(range(part[0].offset, part[0].offset + len(part))) for part in found
    )


async def open_patiently(log: EventLog, topics: Sequence[str], partition_count: int) -> None:
    """Open ``log``; a broker that a test before has killed may still be busy with coming back."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await log.open(topics, partition_count=partition_count)
            except RetryLater:
                await asyncio.sleep(0.05)
            else:
                return
