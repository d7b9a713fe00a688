"""Joins the parts of analytics."""

from __future__ import annotations

from collections.abc import Mapping

from services.analytics.consumer import SubmissionColumns
from services.analytics.handlers import Tables
from services.analytics.routes import router_of
from shared.access import AuditTrail
from shared.consuming import Follower
from shared.http import Service
from shared.platform import Platform


def build(platform: Platform) -> Service:
    """The service over ``platform``."""
    fold = SubmissionColumns(platform.campaigns)
    follower = Follower(fold, log=platform.log, store=platform.store, clock=platform.real_clock)
    audit = AuditTrail(platform.store, SubmissionColumns.name)

    async def books(campaign: str) -> Mapping[str, int]:
        return fold.books(platform.campaign(campaign).id)

    return Service(
        name=SubmissionColumns.name,
        router=router_of(platform, fold, Tables(platform, fold, follower, audit)),
        components=(follower,),
        collections=(*follower.collections, *audit.collections),
        books=books,
    )
