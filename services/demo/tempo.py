"""How fast a replay goes: as fast as the system takes it, or in step with a clock that it drives."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path
from typing import Protocol

from shared.real_time import RealClock, RealMoment, system_clock
from shared.replay_clock import Pace, read_pace, write_pace

NO_TIME = timedelta()
TICK_S = 0.05
LEAD_S = 0.3
"""How far the clock has leave to run, in real seconds: what is left of it, half at least, is longer than others may
take to notice that there is more."""
ANNOUNCED_S = 0.2
"""How long before it goes on everybody is told of a clock that stood still."""
GATHERED_S = 0.15
"""What a frontend sends together came within that time, or three hours of the campaign."""
LATE = timedelta(days=2)
LATE_AT_LEAST_S, LATE_AT_MOST_S = 0.2, 1.0
"""How long a step may take before the clock waits for it: two days of the campaign, within these real seconds."""


class Tempo(Protocol):
    """Says when a step of the replay may be taken.

    What a frontend sends together was collected within ``batch_span``; a workbook's rows within ``workbook_span``.
    """

    @property
    def batch_span(self) -> timedelta:
        """Between the first and the last of a batch."""

    @property
    def workbook_span(self) -> timedelta:
        """Between the first and the last row."""

    def step(self, at: datetime, *, may_take: timedelta = NO_TIME) -> AbstractAsyncContextManager[None]:
        """Entered when what happens ``at`` may begin; left when it is done, which ``may_take`` as long as that."""


class AtOnce:
    """Everything may begin at once."""

    batch_span = workbook_span = timedelta.max

    def step(
        self,
        at: datetime,  # noqa: ARG002 - whenever it is
        *,
        may_take: timedelta = NO_TIME,  # noqa: ARG002 - nobody waits
    ) -> AbstractAsyncContextManager[None]:
        """Now."""
        return nullcontext()


def next_pace(pace: Pace, now: RealMoment, ends_at: datetime, *, is_late: bool) -> Pace:
    """The pace from ``now`` on: leave to run a little further, but not past ``ends_at``, and none while it is late.

    A clock that stood still goes on from there.
    """
    if is_late or pace.until >= ends_at:
        return pace
    lead = timedelta(days=LEAD_S * pace.days_per_second)
    if pace.stands_still_at(now):
        begins_at = RealMoment(now + timedelta(seconds=ANNOUNCED_S))
        return pace.resumed(begins_at, min(ends_at, pace.until + lead))
    if pace.until - pace.at(now) > lead / 2:
        return pace
    return pace.extended(min(ends_at, pace.at(now) + lead))


class Conductor:
    """Drives the clock in the file at ``path`` to ``ends_at``, and lets each step begin when it has come to that.

    Where steps are late, or ``is_behind`` says so, it stands still until they are done: ``on_held`` is called the first
    time. ``held_s`` is by how many real seconds it is behind where it would be without that.
    """

    workbook_span = timedelta(days=7)

    def __init__(
        self,
        path: Path,
        ends_at: datetime,
        on_held: Callable[[], None],
        *,
        real_clock: RealClock = system_clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.ends_at = ends_at
        self.is_behind = False
        self.held_s = 0.0
        self._path = path
        self._on_held = on_held
        self._real_clock = real_clock
        self._sleep = sleep
        self._pace = read_pace(path)
        self._began: Pace | None = None
        self._is_told = False
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._waited_count = 0
        self._under_way: Counter[datetime] = Counter()

    @property
    def batch_span(self) -> timedelta:
        """Longer the faster the days go by."""
        return max(timedelta(hours=3), GATHERED_S * self._second)

    @property
    def now(self) -> datetime:
        """The campaign's time."""
        return self._pace.at(self._real_clock())

    @property
    def is_over(self) -> bool:
        """Whether the clock has come to the end."""
        return self.now >= self.ends_at

    async def run(self) -> None:
        """Drive the clock to the end. It stands still once this is cancelled."""
        while not self.is_over:
            self.tick()
            await self._sleep(TICK_S)
        self.tick()

    def tick(self) -> None:
        """Look at the system, let the clock run on or not, and let begin what is due."""
        now = self._real_clock()
        is_late = self.is_behind or self._is_late(now)
        if is_late and not self._is_told and self._pace.stands_still_at(now):
            self._is_told = True
            self._on_held()
        pace = next_pace(self._pace, now, self.ends_at, is_late=is_late)
        if pace is not self._pace:
            self._pace = pace
            write_pace(self._path, pace)
        self._count_held(now)
        self._release(pace.at(now))

    @asynccontextmanager
    async def step(self, at: datetime, *, may_take: timedelta = NO_TIME) -> AsyncIterator[None]:
        """Wait until the clock has come to ``at``; what happens after the end happens at the end.

        The clock doesn't wait for it before it has taken longer than it ``may_take``.
        """
        at = min(at, self.ends_at)
        if self.now < at:
            due: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waited_count += 1
            heappush(self._waiting, (at, self._waited_count, due))
            await due
        due_at = at + may_take
        self._under_way[due_at] += 1
        try:
            yield
        finally:
            self._under_way[due_at] -= 1
            self._under_way += Counter()  # drops what is zero

    @property
    def _second(self) -> timedelta:
        """How much of the campaign passes in a real second."""
        return timedelta(days=self._pace.days_per_second)

    def _count_held(self, now: RealMoment) -> None:
        if self._began is None and self._pace.until > self._pace.begins_at:
            self._began = self._pace
        if self._began is not None:
            passed_s = (self._pace.at(now) - self._began.begins_at) / self._second
            since_s = (now - self._began.anchored_at).total_seconds()
            self.held_s = max(0.0, since_s - passed_s)

    def _release(self, now: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            due = heappop(self._waiting)[2]
            if not due.done():
                due.set_result(None)

    def _is_late(self, now: RealMoment) -> bool:
        """Whether a step that isn't done was due too long ago."""
        if not self._under_way:
            return False
        allowed = min(max(LATE, LATE_AT_LEAST_S * self._second), LATE_AT_MOST_S * self._second)
        return self._pace.at(now) - min(self._under_way) > allowed


def begin_pace(path: Path, begins_at: datetime, days_per_second: float) -> None:
    """Let a replay's clock stand still at ``begins_at``, or where the replay that is gone on with came to."""
    if path.exists():
        begins_at = max(begins_at, read_pace(path).until)
    write_pace(path, Pace(begins_at, system_clock(), days_per_second, until=begins_at))
