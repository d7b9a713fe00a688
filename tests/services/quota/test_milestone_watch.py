"""A milestone that two consumers reached together, and neither of them saw, is told all the same."""

from __future__ import annotations

import asyncio

import pytest

from services.quota.documents import sum_id
from services.quota.generations import live_of
from services.quota.milestone_watch import MilestoneWatch
from shared.consuming import Outbox
from shared.events import Topic
from tests.services.quota.test_handlers import CAMPAIGN, board, milestones, quota, received
from tests.services.running import until

__all__ = ["quota"]


@pytest.mark.servers_too
async def test_what_no_batch_saw_is_told_once_however_many_look(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)
    store, live = quota.platform.store, await live_of(quota.platform.store)
    async with store.transaction() as transaction:
        taicang = sum_id(CAMPAIGN, "taicang")
        await transaction.increment(live.sums, {taicang: {"eligible": 260}}, shard=3)
    outbox = Outbox("quota", log=quota.platform.log, store=store, clock=quota.platform.real_clock)
    watches = [MilestoneWatch(quota.platform, outbox) for _ in range(4)]
    await asyncio.gather(*(watch.look() for watch in watches))

    async def is_told():
        return len(await milestones(quota)) == 1

    await until(is_told, "the milestone")
    await watches[0].look()
    assert [(each.percent, each.counted_count) for each in await milestones(quota)] == [(25, 261)]
