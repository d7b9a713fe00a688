"""Joins the parts of activities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from services.intake.activities.handlers import Activities
from services.intake.activities.routes import router_of
from services.intake.activities.store import ACTIVITIES
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.platform import Platform
from shared.privacy import Privacy
from shared.store.port import Collection


@dataclass(frozen=True, slots=True)
class ActivityRoom:
    """What intake gets of it."""

    router: APIRouter
    collections: tuple[Collection, ...] = (ACTIVITIES,)


def build_activities(
    platform: Platform, privacies: Mapping[str, Privacy], audit: AuditTrail, outbox: Outbox
) -> ActivityRoom:
    """The activities over ``platform``, told through ``outbox``."""
    activities = Activities(
        campaigns=platform.campaigns,
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        outbox=outbox,
        audit=audit,
        clock=platform.clock,
    )
    return ActivityRoom(router_of(activities))
