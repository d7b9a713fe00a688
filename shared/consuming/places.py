"""Where one member reads each of its partitions, and what of a batch is due."""

from __future__ import annotations

from collections.abc import Sequence, Set

from shared.consuming.offsets import NextOffsets
from shared.log.port import Batch, LoggedMessage, TopicPartition
from shared.logging import get_logger


class Places:
    """What a member knows of its partitions; an AssignmentListener.

    The log has its own idea of where to read on, and it may be wrong: a commit that failed, a rebuild, a
    partition that came back. So a partition is in doubt until it was sought to the offset that is due, and
    what comes from elsewhere is left aside.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._in_doubt: set[TopicPartition] = set()
        self._sought: dict[TopicPartition, int] = {}
        self._uncommitted: dict[TopicPartition, int] = {}

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """AssignmentListener: the log has chosen where to read them."""
        self._forget(partitions)
        self._in_doubt |= partitions

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """AssignmentListener: a batch in work is guarded by its positions."""
        self._forget(partitions)

    def doubt(self, partitions: Set[TopicPartition]) -> None:
        """Seek ``partitions`` before more is read."""
        for partition in partitions:
            self._sought.pop(partition, None)
        self._in_doubt |= partitions

    def take_doubtful(self) -> frozenset[TopicPartition]:
        """The partitions to seek; each is named once."""
        taken, self._in_doubt = frozenset(self._in_doubt), set()
        return taken

    def sought(self, next_offsets: NextOffsets) -> None:
        """Note that partitions were sought there, and so are read from there or after a hole."""
        self._sought |= next_offsets

    def take_uncommitted(self) -> dict[TopicPartition, int]:
        """The ``next_offset`` of each partition that went on since the last time."""
        taken, self._uncommitted = self._uncommitted, {}
        return taken

    def not_committed(self, next_offsets: NextOffsets) -> None:
        """Keep ``next_offsets`` for the next time, where nothing newer has come."""
        self._uncommitted = {**next_offsets, **self._uncommitted}

    def due(self, batch: Batch, next_offsets: NextOffsets) -> Batch:
        """The messages of ``batch`` from ``next_offsets`` on.

        Of a partition whose messages begin after its offset nothing is due: some would be skipped.
        """
        rests = {p: self._rest(p, messages, next_offsets.get(p, 0)) for p, messages in batch.items()}
        return {partition: rest for partition, rest in rests.items() if rest}

    def settled(self, read_to: NextOffsets, next_offsets: NextOffsets) -> NextOffsets:
        """Note ``next_offsets`` as they are now of the partitions that were ``read_to`` somewhere; returns where to
        seek."""
        settled = {partition: next_offsets.get(partition, 0) for partition in read_to}
        self._uncommitted |= settled
        for partition in read_to:
            self._sought.pop(partition, None)
        return {partition: offset for partition, offset in settled.items() if offset != read_to[partition]}

    def _rest(
        self, partition: TopicPartition, messages: Sequence[LoggedMessage], next_offset: int
    ) -> Sequence[LoggedMessage]:
        first_offset = messages[0].offset
        if first_offset < next_offset:
            return [message for message in messages if message.offset >= next_offset]
        if first_offset == next_offset or self._is_hole(partition, next_offset, first_offset):
            return messages
        return ()

    def _is_hole(self, partition: TopicPartition, next_offset: int, first_offset: int) -> bool:
        """Whether the log itself has nothing in between: it was asked for ``next_offset`` and gave this."""
        if self._sought.get(partition) != next_offset:
            return False
        get_logger(self._name).error(
            "offsets-missing",
            topic=partition.topic,
            partition=partition.partition,
            next_offset=next_offset,
            first_offset=first_offset,
        )
        return True

    def _forget(self, partitions: frozenset[TopicPartition]) -> None:
        self._in_doubt -= partitions
        for partition in partitions:
            self._sought.pop(partition, None)
            self._uncommitted.pop(partition, None)
