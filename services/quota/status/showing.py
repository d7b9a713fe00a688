"""The statuses that the board shows: today's as they were judged and told, those of past days judged again."""

from __future__ import annotations

import asyncio
from datetime import date

from services.quota.model import By
from services.quota.status.grounds import histories_of, last_whole_day
from services.quota.status.past import PastStatuses, Statuses, first_judged
from services.quota.status.store import kept_of
from services.quota.store import days_of
from shared.campaign import Campaign
from shared.platform import Clock
from shared.store.port import Store


class Showing:
    """Shows the statuses of a day. Every method raises RetryLater."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._past = PastStatuses()
        self._judging = asyncio.Lock()

    async def statuses(self, campaign: Campaign, day: date, by: By) -> Statuses:
        """The status of every line on ``day``.

        A day that was whole when statuses were last due, by ``by``'s counts of each day: judged again from the first
        day on. Today and later: as it stands in the store, or, where nobody judged yet, as a first judgement would be.
        """
        last = last_whole_day(campaign, self._clock())
        if day > last:
            kept = await kept_of(self._store, campaign)
            if kept:
                return {line: its.judgement.status for line, its in kept.items()}
        histories = histories_of(campaign, await days_of(self._store, campaign.id, by))
        if day > last:
            return await asyncio.to_thread(first_judged, campaign, histories, min(last, campaign.ends_on))
        async with self._judging:  # who asks at the same time finds it remembered
            return await asyncio.to_thread(self._past.on, campaign, histories, day, kind=by)
