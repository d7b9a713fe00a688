"""What one batch does to the store: the handler writes, emits and rejects through this, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import RejectEvent
from shared.events import Event, Topic
from shared.log.port import Batch, LoggedMessage, TopicPartition
from shared.store.port import Collection, Counters, Transaction


@dataclass(frozen=True, slots=True)
class Rejection:
    """One message that can never be applied, and why."""

    partition: TopicPartition
    message: LoggedMessage
    reason: str


@dataclass(slots=True)
class Effects:
    """The effects of one batch, all in one transaction. Made anew for every attempt."""

    transaction: Transaction
    emitted: list[tuple[Topic, Event]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)

    def emit(self, topic: Topic, event: Event) -> None:
        """Append ``event`` to the log once the batch stands, at least once and always under the same id."""
        self.emitted.append((topic, event))

    def reject(self, partition: TopicPartition, message: LoggedMessage, error: RejectEvent) -> None:
        """Write ``message`` to the dead letters with the reason; the rest of the batch goes on."""
        self.rejections.append(Rejection(partition, message, str(error)))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` once the batch stands (for gauges; it may be lost with the process)."""
        self._after_commit.append(action)

    def committed(self) -> None:
        """Run what was to run after the commit."""
        for action in self._after_commit:
            action()


class Handler(Protocol):
    """A fold of events into a store. Its result must not depend on how the log is cut into batches."""

    @property
    def name(self) -> str:
        """The consumer's name: its group, its positions and its dead letters go by it."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it reads."""

    @property
    def collections(self) -> tuple[Collection | Counters, ...]:
        """What it writes, and what a rebuild clears."""

    async def apply(self, batch: Batch, effects: Effects) -> None:
        """Apply every message of ``batch``, in order within a partition, or reject it.

        May be called again for the same batch when the attempt came to nothing, so it keeps no state of its
        own. Raises RetryLater when something it needs is away; any other error is a bug and stops the
        consumer.
        """
