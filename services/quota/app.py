"""Joins the parts of quota."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services.quota import store
from services.quota.advice.routes import router_of as advice_router_of
from services.quota.board import progress_of
from services.quota.gathering import Gathered, Gatherer
from services.quota.gauges import BucketGauges
from services.quota.generations import REGISTRY
from services.quota.handlers import QuotaHandler
from services.quota.live.boards import Boards
from services.quota.looking import Looking
from services.quota.milestone_watch import MilestoneWatch
from services.quota.model import Rules
from services.quota.obligations.app import build_obligations
from services.quota.recount.watching import GenerationWatch
from services.quota.routes import router_of
from services.quota.settings import QuotaSettings
from services.quota.status.store import STATUSES
from services.quota.status.watching import StatusWatch
from shared.consuming import Ahead, Outbox, Runner
from shared.http import Service
from shared.platform import Platform

MESSAGES_AT_ONCE = 8000
"""Ids are random, so each batch writes to pages all over the indexes: fewer and larger ones cost less."""
MESSAGES_IN_A_PART = 16_000


def runner_of(
    handler: QuotaHandler, platform: Platform, outbox: Outbox, *, name: str = "quota.consumer"
) -> Runner:
    """The consumer of ``handler``, which reads for its generation; ``name`` is what health and metrics call it."""
    return Runner(
        handler,
        log=platform.log,
        store=platform.store,
        outbox=outbox,
        clock=platform.real_clock,
        messages_at_once=MESSAGES_AT_ONCE,
        reads_as=handler.generation.consumer,
        name=name,
        ahead=ahead_of(handler),
    )


def ahead_of(handler: QuotaHandler) -> Ahead | None:
    """How a second process reads for ``handler``; None where none is to."""
    from_messages = QuotaSettings().quota_forerun_from
    if not from_messages:
        return None
    return Ahead(
        partial(Gatherer, handler.rules), Gathered, handler.apply_gathered, MESSAGES_IN_A_PART, from_messages
    )


def build(platform: Platform) -> Service:
    """The service over ``platform``."""
    outbox = Outbox("quota", log=platform.log, store=platform.store, clock=platform.real_clock)
    handler = QuotaHandler(platform.campaigns, clock=platform.clock)
    runner = runner_of(handler, platform, outbox)

    def counting_by(rules: Mapping[str, Rules]) -> Runner:
        handler = QuotaHandler(platform.campaigns, clock=platform.clock, rules=rules)
        return runner_of(handler, platform, outbox, name="quota.live.consumer")

    generations = GenerationWatch(handler.generation, platform.store, counting_by)
    obligations, obligations_router = build_obligations(platform, outbox)
    gauges = BucketGauges(platform)
    milestones = MilestoneWatch(platform, outbox)
    statuses = StatusWatch(platform, outbox)
    boards = Boards(platform, QuotaSettings())

    async def books(campaign_id: str) -> Mapping[str, int]:
        campaign = platform.campaign(campaign_id)
        sums = await store.sums_of(platform.store, campaign.id)
        progress = progress_of(campaign, sums, campaign.ends_on, {})
        buckets = {str(bucket): count for bucket, count in progress.buckets.items()}
        return {"accepted": progress.accepted_count, **buckets}

    router = router_of(Looking(platform), boards)
    router.routes.extend(advice_router_of(platform).routes)
    router.routes.extend(obligations_router.routes)
    return Service(
        name="quota",
        router=router,
        components=(outbox, generations, runner, obligations, gauges, milestones, statuses, boards),
        collections=(
            *runner.collections,
            *REGISTRY,
            *obligations.collections,
            store.MILESTONES,
            STATUSES,
            outbox.collection,
        ),
        books=books,
    )
