"""Joins the parts of quota."""

from __future__ import annotations

from services.quota import store
from services.quota.gauges import BucketGauges
from services.quota.handlers import QuotaHandler
from services.quota.routes import router_of
from shared.consuming import Outbox, Runner
from shared.http import Service
from shared.platform import Platform


def build(platform: Platform) -> Service:
    """The service over ``platform``."""
    outbox = Outbox("quota", log=platform.log, store=platform.store, clock=platform.clock)
    handler = QuotaHandler(platform.campaigns, clock=platform.clock)
    runner = Runner(handler, log=platform.log, store=platform.store, outbox=outbox, clock=platform.clock)
    gauges = BucketGauges(platform)
    return Service(
        name="quota",
        router=router_of(platform),
        components=(outbox, runner, gauges),
        collections=(*runner.collections, store.MILESTONES, outbox.collection),
    )
