"""Joins the parts of release."""

from __future__ import annotations

from services.release import store
from services.release.handlers import GrantDesk
from services.release.routes import router_of
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.http import Service
from shared.platform import Platform

NAME = "release"


def build(platform: Platform) -> Service:
    """The service over ``platform``."""
    outbox = Outbox(NAME, log=platform.log, store=platform.store, clock=platform.real_clock)
    audit = AuditTrail(platform.store, NAME)
    desk = GrantDesk(platform, audit=audit, outbox=outbox)
    return Service(
        name=NAME,
        router=router_of(desk, platform.clock),
        components=(outbox,),
        collections=(store.GRANTS, *audit.collections, outbox.collection),
    )
