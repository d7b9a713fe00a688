"""Looking whether a milestone was reached that no batch saw.

Consumers add up in shards, and a batch sees the sums as they stood when it began: of two that run at the same moment,
neither may see what both together have reached. If nothing more came for that line, nobody would tell it.
"""

from __future__ import annotations

import contextlib

from services.quota.generations import Generation, live_of
from services.quota.milestones import emit_milestones, untold_milestones
from shared.background import BackgroundComponent
from shared.campaign import Campaign
from shared.consuming import Effects, Outbox
from shared.errors import RetryLater
from shared.platform import Platform
from shared.store.port import Transaction
from shared.store.retrying import in_transaction

LOOK_EVERY_S = 5.0


class MilestoneWatch(BackgroundComponent):
    """Tells what the consumers left untold; any number of processes may run one."""

    name = "quota.milestones"

    def __init__(self, platform: Platform, outbox: Outbox) -> None:
        super().__init__()
        self._platform = platform
        self._outbox = outbox

    async def _run(self) -> None:
        while True:
            await self._pause(LOOK_EVERY_S)
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumer
                await self.look()

    async def look(self) -> None:
        """Tell what is untold now. Raises RetryLater."""
        live = await live_of(self._platform.store)
        if live is None:
            return
        for campaign in self._platform.campaigns.values():
            units, now = campaign.units.keys(), self._platform.clock()
            if await untold_milestones(campaign, units, live, self._platform.store, now):
                await self._tell(campaign, live)

    async def _tell(self, campaign: Campaign, live: Generation) -> None:
        async def work(transaction: Transaction) -> None:
            effects = Effects(transaction)
            now = self._platform.clock()
            await emit_milestones(campaign, campaign.units.keys(), live, effects, now)
            await self._outbox.enter(transaction, effects.emitted)

        await in_transaction(self._platform.store, work)
        self._outbox.wake()
