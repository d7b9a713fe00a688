"""Joins the parts of activities."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.params import Depends as Dependency

from services.intake.activities.handlers import Activities
from services.intake.activities.routes import router_of
from services.intake.activities.store import ACTIVITIES
from services.intake.own_points import OwnPoints
from services.intake.part import Part
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.platform import Platform
from shared.privacy import Privacy


def build_activities(
    platform: Platform,
    privacies: Mapping[str, Privacy],
    points: OwnPoints,
    audit: AuditTrail,
    outbox: Outbox,
    *,
    upload_limit: Dependency,
) -> Part:
    """The activities over ``platform``, told through ``outbox``."""
    activities = Activities(
        points=points,
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        outbox=outbox,
        audit=audit,
        clock=platform.clock,
    )
    return Part(router=router_of(activities, upload_limit), collections=(ACTIVITIES,))
