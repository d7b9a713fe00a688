"""Reading stretches of a log for no group: from given offsets, until before others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

from shared.consuming.offsets import NextOffsets, after
from shared.errors import RetryLater
from shared.log.port import Batch, EventLog, Subscription, TopicPartition

POLL_WAIT_S = 1.0
NOTHING_FOR_S = 10.0
"""What the log has, it gives sooner."""


async def read_stretches(
    log: EventLog, topics: Sequence[str], *, start: NextOffsets, until: NextOffsets, at_once: int
) -> AsyncGenerator[Batch, None]:
    """The messages from ``start`` on that stand before ``until``, ``at_once`` at most in a batch; the next ones are
    fetched while the taker of the last ones waits. Raises RetryLater."""
    offsets = {partition: start.get(partition, 0) for partition in until}
    if _has_all(offsets, until):
        return
    seeker = _Seeker(offsets)
    subscription = seeker.subscription = await log.subscribe(topics, group=None, listener=seeker)
    polling = asyncio.ensure_future(subscription.poll(at_once, POLL_WAIT_S))
    came_at_s = time.monotonic()
    try:
        while not _has_all(offsets, until):
            batch = _up_to(until, await polling)
            polling = asyncio.ensure_future(subscription.poll(at_once, POLL_WAIT_S))
            await asyncio.sleep(0)  # it has begun
            if batch:
                came_at_s = time.monotonic()
                offsets |= after(batch)
                yield batch
            elif time.monotonic() - came_at_s > NOTHING_FOR_S:
                raise RetryLater(f"事件日志 {NOTHING_FOR_S:.0f} 秒没有给出应有的消息。")
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await subscription.close()


def _has_all(offsets: NextOffsets, until: NextOffsets) -> bool:
    return all(offsets[partition] >= end for partition, end in until.items())


class _Seeker:
    """An AssignmentListener: reads each partition from where ``offsets`` says."""

    def __init__(self, offsets: NextOffsets) -> None:
        self._offsets = offsets
        self.subscription: Subscription | None = None

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Seek them."""
        assert self.subscription is not None, "nothing is assigned before the first poll"
        for partition in partitions:
            self.subscription.seek(partition, self._offsets.get(partition, 0))

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Who reads for no group shares with nobody."""


def _up_to(until: NextOffsets, batch: Batch) -> Batch:
    """What of ``batch`` stands before ``until``; nothing of a partition that isn't named there."""
    within = {
        partition: messages
        if messages[-1].offset < until[partition]
        else [message for message in messages if message.offset < until[partition]]
        for partition, messages in batch.items()
        if partition in until
    }
    return {partition: messages for partition, messages in within.items() if messages}
