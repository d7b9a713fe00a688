"""What one batch does to the store: the handler writes and emits through this, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from shared.log.port import LoggedMessage, TopicPartition
from shared.store.port import Collection, Counters, Transaction

if TYPE_CHECKING:
    from shared.events import Event, Topic

Heard = TypeVar("Heard")


@dataclass(frozen=True, slots=True)
class Rejection:
    """One message that can never be applied, and why."""

    partition: TopicPartition
    message: LoggedMessage
    reason: str


@dataclass(slots=True)
class Effects:
    """The effects of one batch, all in one transaction. Made anew for every attempt.

    ``shard`` is for increments: two batches in work at the same time have different ones, or one more than there are.
    """

    transaction: Transaction
    shard: int = 0
    emitted: list[tuple[Topic, Event]] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)

    def emit(self, topic: Topic, event: Event) -> None:
        """Append ``event`` to the log once the batch stands, at least once and always under the same id."""
        self.emitted.append((topic, event))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` once the batch stands (for gauges; it may be lost with the process)."""
        self._after_commit.append(action)

    def committed(self) -> None:
        """Run what was to run after the commit."""
        for action in self._after_commit:
            action()


class Handler(Protocol[Heard]):
    """A fold of events into a store. Its result must not depend on how the log is cut into batches."""

    @property
    def name(self) -> str:
        """The consumer's name: its dead letters go by it, and its group and positions unless its runner has another
        name for them."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it reads."""

    @property
    def collections(self) -> tuple[Collection | Counters, ...]:
        """What it writes, and what a rebuild clears."""

    def read(self, message: LoggedMessage, /) -> Heard:
        """What ``message`` says. Pure: it may be read ahead, and again.

        Raises RejectEvent; the message then goes to the dead letters, and the rest of its batch goes on.
        """

    async def apply(self, heard: Sequence[Heard], effects: Effects, /) -> None:
        """Apply all of ``heard``: what the messages of a batch say, in order within a partition.

        May be called again for the same batch when the attempt came to nothing, so it keeps no state of its
        own. Raises RetryLater when something it needs is away; any other error is a bug and stops the
        consumer.
        """
