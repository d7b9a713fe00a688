"""One campaign's board kept up with the fold: looked at, and drawn anew where something moved."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from services.quota.generations import Generation, live_of
from services.quota.live.channel import Channel
from services.quota.live.outlook import Outlook
from services.quota.live.picture import Counts, Picture, draw
from services.quota.live.scope import Scope
from services.quota.status.past import Statuses
from services.quota.status.store import kept_of
from services.quota.store import sums_of
from shared.campaign import Campaign
from shared.consuming.positions import positions_of
from shared.events import rfc3339
from shared.platform import Platform
from shared.store.paging import all_documents

IDLE_CHANNELS = 256
"""How many scopes that nobody listens to are remembered, for the next who asks."""
REST = 1.0
"""Drawing may take half of the time: after it, this many times as long as it took nothing is drawn."""
RECENT_S = 1.0
"""What may be shown while a newer picture is being drawn."""
_POSITIONS_AT_ONCE = 1024


class Watching:
    """The board of one campaign, as all channels of this process show it."""

    def __init__(self, platform: Platform, campaign: Campaign, *, look_every_s: float) -> None:
        self._platform = platform
        self._campaign = campaign
        self._outlook = Outlook(platform, campaign)
        self._look_every_s = look_every_s
        self._channels: OrderedDict[Scope, Channel] = OrderedDict()
        self._looking = asyncio.Lock()
        self._picture: Picture | None = None
        self._seen: tuple[Generation | None, dict[str, int]] = (None, {})
        self._looked_at_s = self._next_look_s = 0.0

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens to it."""
        return any(channel.listener_count for channel in self._channels.values())

    async def channel(self, scope: Scope) -> Channel:
        """What ``scope`` sees, as of a moment ago. Raises RetryLater."""
        await self.look()
        channel = self._channels.get(scope)
        if channel is None:
            assert self._picture is not None, "whoever has looked has a picture"
            channel = self._channels[scope] = Channel(scope, self._picture)
            self._forget_idle()
        self._channels.move_to_end(scope)
        return channel

    async def look(self) -> None:
        """See whether anything moved since the last look, unless that was a moment ago, and show it to all channels.

        Who comes while another one looks has what was seen a moment ago. Raises RetryLater.
        """
        is_recent = time.monotonic() - self._looked_at_s < RECENT_S
        if self._picture is not None and is_recent and self._looking.locked():
            return
        async with self._looking:
            if self._picture is not None and time.monotonic() < self._next_look_s:
                return
            began_s = time.monotonic()
            picture = await self._drawn()
            self._looked_at_s = time.monotonic()
            rest_s = REST * (self._looked_at_s - began_s) if picture is not self._picture else 0.0
            self._next_look_s = self._looked_at_s + max(self._look_every_s, rest_s)
            if picture is not self._picture:
                self._picture = picture
                for channel in self._channels.values():
                    channel.show(picture)

    def stop(self) -> None:
        """Leave off what goes on behind."""
        self._outlook.stop()

    async def _drawn(self) -> Picture:
        """The next picture, or the same where nothing can have moved.

        The positions are read before the sums, which may therefore hold more than they say, and never less.
        """
        before, now = self._picture, self._platform.clock()
        day = self._campaign.day_of(now)
        live = await live_of(self._platform.store)
        positions = {} if live is None else await self._read_positions(live)
        has_moved = (live, positions) != self._seen
        ahead = await self._outlook.on(day, has_moved=has_moved)
        statuses = await self._read_statuses() or ahead.first_statuses
        is_same = before is not None and ahead is before.ahead and statuses == before.counts.statuses
        if before is not None and is_same and not has_moved:
            return before
        sums = await sums_of(self._platform.store, self._campaign.id)
        counts = Counts(sums, statuses, sum(positions.values()), day, rfc3339(now))
        picture = await asyncio.to_thread(draw, self._campaign, counts, ahead, before)
        self._seen = (live, positions)
        return picture

    async def _read_positions(self, live: Generation) -> dict[str, int]:
        """How far the fold has come in each partition, by the ids of its positions."""
        documents = all_documents(
            self._platform.store, positions_of(live.consumer), {}, at_once=_POSITIONS_AT_ONCE
        )
        return {document.id: document.body["next_offset"] async for document in documents}

    async def _read_statuses(self) -> Statuses:
        """How every line was judged last; nothing where nobody judged yet."""
        kept = await kept_of(self._platform.store, self._campaign)
        return {line: its.judgement.status for line, its in kept.items()}

    def _forget_idle(self) -> None:
        idle = [scope for scope, channel in self._channels.items() if not channel.listener_count]
        for scope in idle[:-IDLE_CHANNELS]:
            del self._channels[scope]
