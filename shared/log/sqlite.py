"""The event log in one SQLite file: for one process that runs everything, without any server.

Other processes may append to the same file and read it; groups share partitions out within a process only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

import msgspec

from shared.log.groups import Group
from shared.log.limits import MAX_MESSAGE_BYTES, MAX_VALUE_BYTES, message_too_large, value_too_large
from shared.log.opened import opened_topic
from shared.log.partitioning import partition_of
from shared.log.port import AssignmentListener, LogAddress, Message, Position, Subscription, TopicPartition
from shared.log.sqlite_access import FileAccess
from shared.log.sqlite_reading import Topic
from shared.log.sqlite_segments import Entries
from shared.log.sqlite_subscription import SqliteSubscription

MAX_CALL_BYTES = 4_000_000  # a larger append is written in parts, so that others get their turn
EXPEL_EVERY_S = 0.25

_encode = msgspec.msgpack.Encoder().encode


class SqliteEventLog:
    """``EventLog`` in the file at ``path``, which is made when it isn't there. One event loop may use it.

    ``topic_prefix`` stands before the names of topics and groups in the file, and nowhere else.
    ``max_poll_interval_s``: how long a member may do without a poll before others get its partitions.
    """

    def __init__(
        self,
        path: Path,
        *,
        topic_prefix: str = "",
        max_poll_interval_s: float = 300.0,
        reads_inline: bool = False,
    ) -> None:
        self._file = FileAccess(path, topic_prefix, reads_inline=reads_inline)
        self._path = path
        self._topic_prefix = topic_prefix
        self._partition_count = 0
        self._max_poll_interval_s = max_poll_interval_s
        self._topics: dict[str, Topic] = {}
        self._groups: dict[str, Group] = {}
        self._subscriptions: WeakSet[SqliteSubscription] = WeakSet()
        self._opening = asyncio.Lock()
        self._expelling: asyncio.Task[None] | None = None
        self._is_closed = False

    async def open(self, topics: Sequence[str], *, partition_count: int) -> None:
        """See the port. Raises Invalid when the file is no event log, or one of another version."""
        async with self._opening:
            self._topics = await self._file.start(topics, partition_count)
            self._partition_count = partition_count

    @property
    def address(self) -> LogAddress:
        """See the port."""
        return LogAddress(f"sqlite:///{self._path}", self._topic_prefix, self._partition_count)

    async def append(self, topic: str, messages: Sequence[Message]) -> list[Position]:
        """See the port."""
        target = self._topics.get(topic) or self._topic(topic)
        entries, byte_count = _entries(target, messages)
        if not entries:
            return []
        if byte_count <= MAX_CALL_BYTES:
            return await self._file.append(target, entries, byte_count)
        positions: list[Position] = []
        for part in _parts(entries):
            positions += await self._file.append(target, part, MAX_CALL_BYTES)
        return positions

    async def subscribe(
        self, topics: Sequence[str], *, group: str | None, listener: AssignmentListener
    ) -> SqliteSubscription:
        """See the port."""
        subscription = SqliteSubscription(
            self._file,
            [self._topic(topic) for topic in topics],
            group_name=None if group is None else self._topic_prefix + group,
            group=self._group(group),
            listener=listener,
        )
        self._subscriptions.add(subscription)
        if self._expelling is None:
            self._expelling = asyncio.create_task(self._expel_silent())
        return subscription

    async def force_revoke(self, subscription: Subscription, partitions: frozenset[TopicPartition]) -> None:
        """Take partitions from a member, which finds out at its next poll, and give them to another one of
        its group: what a lost connection does to a member of a group in Kafka."""
        if not isinstance(subscription, SqliteSubscription):
            raise TypeError(f"{subscription!r} is no subscription of this log")
        await subscription.group.force_revoke(subscription, partitions)

    async def ends(self, topic: str) -> Mapping[TopicPartition, int]:
        """See the port."""
        ends = await self._file.fresh_ends(self._topic(topic))
        return {TopicPartition(topic, partition): offset for partition, offset in enumerate(ends.offsets)}

    async def committed(self, topic: str, *, group: str) -> Mapping[TopicPartition, int]:
        """See the port."""
        offsets = await self._file.committed(self._topic(topic), self._topic_prefix + group)
        return {TopicPartition(topic, partition): offset for partition, offset in enumerate(offsets)}

    async def close(self) -> None:
        """See the port."""
        if self._is_closed:
            return
        self._is_closed = True
        self._topics = {}
        for subscription in list(self._subscriptions):
            subscription.stop()
        for group in self._groups.values():
            group.close()
        if self._expelling is not None:
            self._expelling.cancel()
            with suppress(asyncio.CancelledError):
                await self._expelling
        await self._file.stop()

    def _topic(self, name: str) -> Topic:
        return opened_topic(self._topics, name, is_closed=self._is_closed)

    def _group(self, name: str | None) -> Group:
        if name is None:
            return Group(self._max_poll_interval_s)
        return self._groups.setdefault(name, Group(self._max_poll_interval_s))

    async def _expel_silent(self) -> None:
        while True:
            await asyncio.sleep(EXPEL_EVERY_S)
            for group in tuple(self._groups.values()):
                await group.expel_silent()


def _entries(topic: Topic, messages: Sequence[Message]) -> tuple[Entries, int]:
    """The messages as the file has them, and their bytes."""
    entries = []
    byte_count = 0
    partition_count = topic.partition_count
    for message in messages:
        value = message.value
        if len(value) > MAX_VALUE_BYTES:
            raise value_too_large(len(value))
        encoded = _encode((message.key, message.headers, value))
        size = len(encoded)
        if size > MAX_MESSAGE_BYTES:
            raise message_too_large(size)
        entries.append((partition_of(message.key, partition_count), encoded))
        byte_count += size
    return entries, byte_count


def _parts(entries: Entries) -> Iterator[Entries]:
    """Cut entries into parts of about ``MAX_CALL_BYTES`` at most."""
    first = size = 0
    for i, (_, encoded) in enumerate(entries):
        if size + len(encoded) > MAX_CALL_BYTES:
            yield entries[first:i]
            first, size = i, 0
        size += len(encoded)
    yield entries[first:]
