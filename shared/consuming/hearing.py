"""What the messages of a batch say, read ahead where there is time for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from shared.consuming.effects import Rejection
from shared.errors import RejectEvent
from shared.log.port import Batch, LoggedMessage, TopicPartition

AT_ONCE = 200
"""How many messages are read ahead before others have a turn: about a millisecond's work."""


class _Heard(NamedTuple):
    """What ``messages`` say in order, and those of them that say nothing readable."""

    messages: Sequence[LoggedMessage]
    heard: list[Any]
    rejections: list[Rejection]


class Hearing:
    """Reads messages by ``read``, which raises RejectEvent.

    While the store works at one batch, the next one is read, in steps so small that the batch in work never
    waits for it. Nothing is lost when a batch never gets applied; what is due is found by the messages
    themselves.
    """

    def __init__(self, read: Callable[[LoggedMessage], Any]) -> None:
        self._read = read
        self._earlier: dict[TopicPartition, _Heard] = {}
        self._ahead: dict[TopicPartition, _Heard] = {}

    async def read_ahead(self, batch: Batch) -> None:
        """Read ``batch`` already now. What was read ahead the last time is kept: its turn may come after this."""
        self._earlier, self._ahead = self._ahead, {}
        for partition, messages in batch.items():
            known = _Heard(messages, [], [])
            for start in range(0, len(messages), AT_ONCE):
                self._hear(partition, messages[start : start + AT_ONCE], known)
                await asyncio.sleep(0)
            self._ahead[partition] = known

    def of(self, due: Batch) -> tuple[list[Any], list[Rejection]]:
        """What ``due`` says, in order within a partition, and what of it can never be applied."""
        all_heard: list[Any] = []
        rejections: list[Rejection] = []
        for partition, messages in due.items():
            known = self._known(partition, messages)
            all_heard += known.heard
            rejections += known.rejections
        return all_heard, rejections

    def _known(self, partition: TopicPartition, messages: Sequence[LoggedMessage]) -> _Heard:
        for ahead in (self._earlier, self._ahead):
            known = ahead.get(partition)
            if known is not None and known.messages is messages:
                return known
        known = _Heard(messages, [], [])
        self._hear(partition, messages, known)
        return known

    def _hear(self, partition: TopicPartition, messages: Sequence[LoggedMessage], into: _Heard) -> None:
        read, hear = self._read, into.heard.append  # looked up once: this is done for every event
        for message in messages:
            try:
                hear(read(message))
            except RejectEvent as error:
                into.rejections.append(Rejection(partition, message, str(error)))
