"""Reading the SQLite log, as one member of a group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from shared.log.groups import Group, Partitions
from shared.log.listening import Teller
from shared.log.port import AssignmentListener, Batch, LoggedMessage, TopicPartition
from shared.log.sqlite_access import FileAccess, Wish
from shared.log.sqlite_reading import Place, Topic

_START_OF_MEMBERSHIP = Place(None, None)


@dataclass(slots=True)
class _Reading:
    """How an assigned partition is read. Nothing is, before its listener has been told."""

    place: Place = _START_OF_MEMBERSHIP
    is_told: bool = False
    is_paused: bool = False


class SqliteSubscription:
    """A subscription, and at the same time the member that its group knows."""

    def __init__(
        self,
        file: FileAccess,
        topics: Sequence[Topic],
        *,
        group_name: str | None,
        group: Group,
        listener: AssignmentListener,
    ) -> None:
        self.wanted: Partitions = frozenset(
            TopicPartition(topic.name, partition)
            for topic in topics
            for partition in range(topic.partition_count)
        )
        self.idle_since: float | None = monotonic()
        self._file = file
        self._topics = {topic.name: topic for topic in topics}
        self._group_name = group_name
        self.group = group
        self._teller = Teller(listener)
        self._readings: dict[TopicPartition, _Reading] = {}
        self._unlearned: Partitions = frozenset()
        self._must_join = True
        self._joining: asyncio.Task[None] | None = None
        self._turn = 0
        self._is_closed = False
        self._has_gained = False
        """Whether partitions have come since the last poll ended: who reads them may know better where to begin."""
        self._news: asyncio.Future[None] | None = None

    # What the one who reads calls.

    async def poll(self, max_messages: int, max_wait_s: float) -> Batch:
        """See the port."""
        if self._is_closed:
            raise RuntimeError("the subscription has been closed")
        if max_messages < 1:
            raise ValueError(f"max_messages is {max_messages}; a poll returns at least one message, if any")
        self.idle_since = None
        try:
            return await self._poll(max_messages, monotonic() + max_wait_s)
        finally:
            self.idle_since = monotonic()

    def seek(self, partition: TopicPartition, next_offset: int) -> None:
        """See the port."""
        if reading := self._readings.get(partition):
            reading.place = Place(max(next_offset, 0), None)
            self._wake()

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """See the port."""
        self._set_paused(partitions, True)

    def resume(self, partitions: frozenset[TopicPartition]) -> None:
        """See the port."""
        self._set_paused(partitions, False)
        self._wake()

    async def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """See the port."""
        ours = self.group.owned_by(self)
        rows = [(self._topics[tp.topic], tp.partition, at) for tp, at in positions.items() if tp in ours]
        if rows and self._group_name is not None:
            await self._file.commit(self._group_name, rows)

    async def lag(self) -> Mapping[TopicPartition, int]:
        """See the port."""
        lags = {}
        for topic in self._topics.values():
            ends = await self._file.fresh_ends(topic)
            started = await self._started_at(topic)
            for tp, reading in self._readings.items():
                if tp.topic == topic.name:
                    offset = reading.place.offset
                    place = started[tp.partition] if offset is None else offset
                    lags[tp] = max(ends.offsets[tp.partition] - place, 0)
        return lags

    def assignment(self) -> frozenset[TopicPartition]:
        """See the port."""
        return frozenset(self._readings)

    async def close(self) -> None:
        """See the port."""
        if not self._is_closed:
            self.stop()
            await self.group.leave(self)

    def stop(self) -> None:
        """End the poll under way, and allow no other one."""
        self._is_closed = True
        self._wake()

    # What the group calls.

    async def gain(self, partitions: Partitions) -> None:
        """Take over ``partitions``."""
        await self._learn()
        gained = {partition: _Reading() for partition in partitions}
        self._readings |= gained
        await self._teller.assigned(partitions)
        for reading in gained.values():
            reading.is_told = True
        self._has_gained = True
        self._wake()

    async def lose(self, partitions: Partitions) -> None:
        """Give ``partitions`` up."""
        for partition in partitions:
            self._readings.pop(partition, None)
        await self._teller.revoked(partitions)
        self._wake()

    def learn_later(self, partitions: Partitions) -> None:
        """Find out at the next poll that ``partitions`` are gone, and ask for a new share."""
        self._unlearned |= partitions
        self._must_join = True
        self._wake()

    # Inside.

    async def _poll(self, max_messages: int, deadline: float) -> Batch:
        while True:
            self._news = asyncio.get_running_loop().create_future()
            await self._settle(deadline)
            batch = await self._read(max_messages)
            remaining_s = deadline - monotonic()
            if batch or self._is_closed or self._has_gained or remaining_s <= 0:
                self._has_gained = False
                return batch
            if not self._readable():
                await self._file.wait_for_progress(self._topics.values(), self._news, remaining_s)

    async def _settle(self, deadline: float) -> None:
        """Catch up with what the group decided, before anything is read."""
        await self._learn()
        if self._must_join and not self._is_closed:
            self._must_join = False
            self._joining = asyncio.create_task(self.group.join(self))
        if self._joining is not None and not self._joining.done():
            await asyncio.wait({self._joining}, timeout=max(deadline - monotonic(), 0))
        self._teller.raise_failure()

    async def _learn(self) -> None:
        gone, self._unlearned = self._unlearned, frozenset()
        if gone:
            await self.lose(gone)

    async def _read(self, max_messages: int) -> Batch:
        wishes = self._wishes()
        if not wishes:
            return {}
        asked = dict(self._readings)
        batch: dict[TopicPartition, Sequence[LoggedMessage]] = {}
        founds = await self._file.read(wishes, self._group_name, max_messages)
        for wish, found in zip(wishes, founds, strict=True):
            for partition, place in found.places.items():
                tp = TopicPartition(wish.topic.name, partition)
                reading = asked[tp]
                if self._readings.get(tp) is not reading or reading.is_paused:
                    continue
                reading.place = place
                if partition in found.messages:
                    batch[tp] = found.messages[partition]
        return batch

    def _wishes(self) -> list[Wish]:
        """What is to be read, by topic. Each time another partition, and so its topic, has the first turn."""
        readable = self._readable()
        if not readable:
            return []
        self._turn = (self._turn + 1) % len(readable)
        places: dict[str, dict[int, Place]] = {}
        for tp in readable[self._turn :] + readable[: self._turn]:
            places.setdefault(tp.topic, {})[tp.partition] = self._readings[tp].place
        return [Wish(self._topics[name], of_topic) for name, of_topic in places.items()]

    def _readable(self) -> list[TopicPartition]:
        """The partitions that have something to return, or have to be looked at to know."""
        return [
            tp
            for tp, reading in self._readings.items()
            if reading.is_told and not reading.is_paused and not self._is_at_end(tp, reading)
        ]

    def _is_at_end(self, tp: TopicPartition, reading: _Reading) -> bool:
        offset, seq = reading.place
        ends = self._file.ends_of(self._topics[tp.topic])
        if offset is None or seq is None or offset < ends.offsets[tp.partition]:
            return False
        if seq < ends.seq:  # keep it with the others, so that one scan reads all
            reading.place = Place(offset, ends.seq)
        return True

    async def _started_at(self, topic: Topic) -> list[int]:
        if self._group_name is None:
            return [0] * topic.partition_count
        return await self._file.committed(topic, self._group_name)

    def _set_paused(self, partitions: Partitions, is_paused: bool) -> None:
        for partition in partitions:
            if reading := self._readings.get(partition):
                reading.is_paused = is_paused

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
