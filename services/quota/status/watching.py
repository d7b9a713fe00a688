"""Judging statuses as the days pass and counts move: a component, of which any number of processes may run one."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.quota.forecast.model import LineHistory
from services.quota.status.counted import counted_histories
from services.quota.status.grounds import is_judged, last_whole_day
from services.quota.status.judging import judge
from shared.background import BackgroundComponent
from shared.campaign import Campaign
from shared.consuming import Outbox
from shared.errors import RetryLater
from shared.events import Topic
from shared.platform import Platform

LOOK_EVERY_S = 0.5
"""How often the platform's clock is looked at. A replay may take no more for a day. So often it is looked, too,
whether a consumer that was behind has caught up."""

COUNT_EVERY = timedelta(minutes=2)
"""By the platform's clock: how often counts are looked at. So soon it is told that a line reached its target, or that
late interviews better its outlook; sooner, nobody could do anything else with it."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was judged last of a campaign, and when: the same again needs no judging."""

    day: date
    at: datetime
    histories: Sequence[LineHistory]

    def is_due_again(self, now: datetime) -> bool:
        """Whether counts should be looked at; also after a clock that was put back."""
        return not timedelta() <= now - self.at < COUNT_EVERY


class StatusWatch(BackgroundComponent):
    """Judges every quota line: once a day for the day before, and when counts have moved.

    Of several processes that judge the same, one wins and the others leave it. Nothing is judged before all that
    stood in the log is counted, so that neither a consumer that is behind nor a rebuild makes a line look worse
    than it is.
    """

    name = "quota.statuses"

    def __init__(self, platform: Platform, outbox: Outbox) -> None:
        super().__init__()
        self._platform = platform
        self._outbox = outbox
        self._judged: dict[str, _Judged] = {}

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RetryLater):  # that log or store is away is told by the consumer
                for campaign in self._platform.campaigns.values():
                    await self._look(campaign)
            await self._pause(LOOK_EVERY_S)

    async def _look(self, campaign: Campaign) -> None:
        """Judge when there may be something new; what came to nothing is done again at the next look."""
        now = self._platform.clock()
        day = last_whole_day(campaign, now)
        last = self._judged.get(campaign.id)
        same_day = last if last is not None and last.day == day else None
        if not is_judged(campaign, day) or (same_day and not same_day.is_due_again(now)):
            return
        histories = await self._counted(campaign)
        is_known = same_day is not None and same_day.histories == histories
        if is_known or await self._judge(campaign, histories, now):
            self._judged[campaign.id] = _Judged(day, now, histories)

    async def _judge(self, campaign: Campaign, histories: Sequence[LineHistory], now: datetime) -> bool:
        return await judge(campaign, histories, now, store=self._platform.store, outbox=self._outbox)

    async def _counted(self, campaign: Campaign) -> Sequence[LineHistory]:
        ends = await self._platform.log.ends(Topic.SUBMISSIONS)
        while True:
            histories = await counted_histories(campaign, ends, store=self._platform.store)
            if histories is not None:
                return histories
            await self._pause(LOOK_EVERY_S)
