"""What the messages of a batch say, read ahead where there is time for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from shared.consuming.effects import Rejection
from shared.errors import RejectEvent
from shared.log.port import Batch, LoggedMessage, TopicPartition


class _Heard(NamedTuple):
    """What ``messages`` say in order, and those of them that say nothing readable."""

    messages: Sequence[LoggedMessage]
    heard: list[Any]
    rejections: list[Rejection]


class Hearing:
    """Reads messages by ``read``, which raises RejectEvent.

    While the store works at one batch, the next one is read; nothing is lost when that one never gets applied,
    and what of it is due is found by the messages themselves.
    """

    def __init__(self, read: Callable[[LoggedMessage], Any]) -> None:
        self._read = read
        self._ahead: dict[TopicPartition, _Heard] = {}

    def read_ahead(self, batch: Batch) -> None:
        """Read ``batch`` already now, and forget what was read ahead before."""
        self._ahead = {partition: self._hear(partition, messages) for partition, messages in batch.items()}

    def of(self, due: Batch) -> tuple[list[Any], list[Rejection]]:
        """What ``due`` says, in order within a partition, and what of it can never be applied."""
        all_heard: list[Any] = []
        rejections: list[Rejection] = []
        for partition, messages in due.items():
            known = self._ahead.get(partition)
            heard = known if known and known.messages is messages else self._hear(partition, messages)
            all_heard += heard.heard
            rejections += heard.rejections
        return all_heard, rejections

    def _hear(self, partition: TopicPartition, messages: Sequence[LoggedMessage]) -> _Heard:
        heard, rejections = [], []
        for message in messages:
            try:
                heard.append(self._read(message))
            except RejectEvent as error:
                rejections.append(Rejection(partition, message, str(error)))
        return _Heard(messages, heard, rejections)
