"""How far partitions are read."""

from __future__ import annotations

from collections.abc import Mapping

from shared.log.port import Batch, TopicPartition

NextOffsets = Mapping[TopicPartition, int]
"""The offset of each partition that is to be applied next; 0 where a partition isn't named."""


def after(batch: Batch) -> dict[TopicPartition, int]:
    """The ``next_offset`` of each partition after ``batch``."""
    return {partition: messages[-1].offset + 1 for partition, messages in batch.items()}
