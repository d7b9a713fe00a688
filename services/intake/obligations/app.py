"""Joins the parts of obligations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.params import Depends as Dependency

from services.intake.limiting import Buckets, Limit
from services.intake.obligations.contacts import ContactTables
from services.intake.obligations.desk import Desk
from services.intake.obligations.handlers import Recording
from services.intake.obligations.looking import Looking
from services.intake.obligations.reports import ReportDoor
from services.intake.obligations.routes import router_of
from services.intake.obligations.store import COLLECTIONS
from services.intake.part import Part
from services.intake.unsealing.opening import UNSEALS_AT_ONCE, UNSEALS_PER_S
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.platform import Platform
from shared.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class ObligationRoom(Part):
    """The part, and ``reports`` for the door where events come in."""

    reports: ReportDoor


def build_obligations(
    platform: Platform,
    privacies: Mapping[str, Privacy],
    audit: AuditTrail,
    outbox: Outbox,
    *,
    upload_limit: Dependency,
) -> ObligationRoom:
    """The obligations over ``platform``, told through ``outbox``."""
    desk = Desk(platform, privacies, outbox, audit)
    recording = Recording(desk)
    tables = ContactTables(desk, Buckets(Limit.UNSEALING, per_s=UNSEALS_PER_S, burst=UNSEALS_AT_ONCE))
    return ObligationRoom(
        reports=ReportDoor(recording),
        router=router_of(tables, recording, Looking(desk), upload_limit),
        collections=COLLECTIONS,
    )
