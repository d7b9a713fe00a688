"""The gate to the log: appends events, or spools them while the log is away, and relays the spool in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.intake.spool import Room, Spooled, SpoolFile
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import Event, Topic, to_message
from shared.log.port import EventLog, Message
from shared.logging import get_logger
from shared.metrics import INTAKE_SPOOL, INTAKE_SPOOL_AGE
from shared.platform import Clock

RELAYED_AT_ONCE_BYTES = 1_000_000
LOOK_FOR_ORPHANS_EVERY_S = 10.0


class Gate(BackgroundComponent):
    """Makes events durable: in the log, or on this machine's disk while the log can't be reached.

    While anything waits in the spool, everything goes there, so that the log gets it in the order it came.
    """

    name = "intake.spool"

    def __init__(self, log: EventLog, folder: Path, room: Room, *, clock: Clock, is_spooling: bool) -> None:
        super().__init__()
        self._log = log
        self._folder = folder
        self._room = room
        self._clock = clock  # the campaign's: the age of an event is counted from its own time
        self._is_spooling = is_spooling
        self._spool: SpoolFile | None = None
        self._lock = asyncio.Lock()

    async def append(self, topic: Topic, events: Sequence[Event]) -> bool:
        """Return once ``events`` are durable: True when they stand in the log, False when in the spool.

        Raises RetryLater when neither can be, or the spool is switched off, and StorageFull when its room is used
        up; nothing was accepted then.
        """
        messages = [to_message(event) for event in events]
        if not self.spooled_count:
            try:
                await self._log.append(topic, messages)
            except RetryLater as error:
                if not self._is_spooling:
                    raise
                self._waiting_for = str(error)
            else:
                return True
        await self._to_spool(topic, messages)
        return False

    @property
    def spooled_count(self) -> int:
        """How many events wait on disk."""
        return self._spool.length_count if self._spool is not None else 0

    async def start(self) -> None:
        """Take a slot, and relay what waits from now on."""
        if self._is_spooling:
            self._spool = SpoolFile.take(self._folder)
            await super().start()
            self._count()

    async def stop(self) -> None:
        """Let go of the slot; what waits in it still waits on disk."""
        await super().stop()
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    async def _to_spool(self, topic: Topic, messages: Sequence[Message]) -> None:
        if self._spool is None:
            raise RetryLater("事件日志和暂存都不可用。")
        events = [Spooled(topic, m.key, m.headers, m.value) for m in messages]
        async with self._lock:
            await asyncio.to_thread(self._spool.append, events, self._room)
        self._count()
        self.wake()

    def _waits_for(self) -> str:
        """Submissions are accepted and safe also while they are spooled."""
        if not self.spooled_count:
            return ""
        return f"{self.spooled_count} 条在本机暂存，等待事件日志恢复：{self._waiting_for}"

    async def _run(self) -> None:
        assert self._spool is not None
        backoff = Backoff()
        while True:
            try:
                await self._relay(self._spool)
                await self._relay_orphans()
            except RetryLater as error:
                self._waiting_for = str(error)
                self._count()
                get_logger(self.name).warning("spool-waits", reason=str(error), events=self.spooled_count)
                await backoff.wait()
                continue
            backoff.reset()
            self._waiting_for = ""
            await self._pause(LOOK_FOR_ORPHANS_EVERY_S)

    async def _relay_orphans(self) -> None:
        for orphan in SpoolFile.take_orphans(self._folder):
            try:
                await self._relay(orphan)
            finally:
                orphan.close()

    async def _relay(self, spool: SpoolFile) -> None:
        """Append what waits, oldest first, then clear. Dying in between relays again under the same ids."""
        place = 0
        while True:
            async with self._lock:
                events, place = spool.read(place, RELAYED_AT_ONCE_BYTES)
                if not events:
                    if place:
                        spool.clear()
                    break
            await self._append_in_order(events)
        self._count()

    async def _append_in_order(self, events: Sequence[Spooled]) -> None:
        start = 0
        for end in range(1, len(events) + 1):
            if end == len(events) or events[end].topic != events[start].topic:
                await self._log.append(events[start].topic, [event.message() for event in events[start:end]])
                start = end

    def _count(self) -> None:
        INTAKE_SPOOL.set(self.spooled_count)
        INTAKE_SPOOL_AGE.set(self._age_s())

    def _age_s(self) -> float:
        """How long the oldest event has waited; 0 when none waits."""
        oldest = self._spool.oldest() if self._spool is not None else None
        if oldest is None:
            return 0.0
        return max(0.0, (self._clock() - datetime.fromisoformat(oldest.time)).total_seconds())
