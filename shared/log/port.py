"""The event log: the record of everything that happened.

A log has topics, a topic has partitions, a partition is an ordered sequence of messages, numbered from 0.
Positions are always ``next_offset``: the offset to read next, never the last one read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec


class TopicPartition(NamedTuple):
    """One ordered sequence of messages."""

    topic: str
    partition: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """Something to append. ``key`` chooses the partition; ``headers`` are (name, UTF-8 bytes) pairs."""

    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


class LoggedMessage(msgspec.Struct, frozen=True, gc=False):
    """A message that stands in the log at ``offset`` of its partition.

    ``headers`` and ``value`` are whatever somebody appended; nothing says that they make an event.
    """

    offset: int
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    def header(self, name: str) -> bytes | None:
        """The first header of that name; None when there is none."""
        for other, value in self.headers:
            if other == name:
                return value
        return None


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where an appended message stands: ``next_offset`` is the one to read after it."""

    topic: str
    partition: int
    next_offset: int


Batch = Mapping[TopicPartition, Sequence[LoggedMessage]]


class AssignmentListener(Protocol):
    """Told when partitions come and go. Neither call may wait for the subscription that makes it."""

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """These are ours from now on. The next poll reads each where the listener seeks to, else where the
        group last committed, else at the start."""

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """These are no longer ours; another member may be reading them already."""


class Subscription(Protocol):
    """One member's reading of topics. Not for use by two tasks at once, ``close`` excepted."""

    async def poll(self, max_messages: int, max_wait_s: float) -> Batch:
        """Return at most ``max_messages`` messages, in order within a partition; wait at most ``max_wait_s``
        for the first one. An empty mapping means that nothing came. Each poll goes on where the last ended.

        Raises RetryLater when the log can't be reached; the place is kept.
        """

    def seek(self, partition: TopicPartition, next_offset: int) -> None:
        """Read ``partition`` from ``next_offset`` at the next poll. Ignored when it isn't assigned."""

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Return nothing from these until resumed; the membership goes on."""

    def resume(self, partitions: frozenset[TopicPartition]) -> None:
        """Undo ``pause``."""

    async def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Make the group's progress visible to others. Nothing is decided by it: a commit that fails because
        the partition moved is silent, and one that fails because the log is away raises RetryLater."""

    async def lag(self) -> Mapping[TopicPartition, int]:
        """Messages between the place of each assigned partition and its end."""

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that this member believes to be its own. Hazard: it can be wrong for a while."""

    async def close(self) -> None:
        """Leave the group. Does not commit."""


class LogAddress(NamedTuple):
    """How another process opens a log: with ``open_log``, and then ``open``."""

    url: str
    topic_prefix: str
    partition_count: int


class EventLog(Protocol):
    """An append-only record with consumer groups."""

    @property
    def address(self) -> LogAddress:
        """How another process opens it, once ``open`` has succeeded here."""

    async def open(self, topics: Sequence[str], *, partition_count: int) -> None:
        """Connect, and make the topics that aren't there. A topic keeps the partitions it was made with.
        Before this has succeeded once, everything else raises RetryLater.

        Raises RetryLater when the log can't be reached.
        """

    async def append(self, topic: str, messages: Sequence[Message]) -> list[Position]:
        """Append and return each message's position, once all of them are durable: they survive a killed
        process and a lost power supply (SQLite: fsync; Kafka: every in-sync replica has them).

        Messages of one call with the same key keep their order, and follow those of earlier calls that
        returned. Raises RetryLater when the log is away or does not answer in time. Hazard: then some or
        all of them may stand in the log all the same, so whoever repeats the call repeats the same ids.
        Raises TooLarge, and appends nothing, when one of them is over a limit in ``limits.py``.
        """

    async def subscribe(
        self, topics: Sequence[str], *, group: str | None, listener: AssignmentListener
    ) -> Subscription:
        """Read ``topics``. Members of one ``group`` share the partitions out; with ``group=None`` every
        partition is assigned, from the start, for as long as the subscription is open. Nothing is assigned
        before the first poll, so that the listener can know the subscription."""

    async def ends(self, topic: str) -> Mapping[TopicPartition, int]:
        """The ``next_offset`` at the end of each partition of ``topic``, as of now."""

    async def committed(self, topic: str, *, group: str) -> Mapping[TopicPartition, int]:
        """What ``group`` last committed for each partition of ``topic``; 0 where it never did."""

    async def close(self) -> None:
        """Finish the appends under way and let go of every connection and file."""
