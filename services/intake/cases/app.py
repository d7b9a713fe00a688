"""Joins the parts of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.params import Depends as Dependency

from services.intake.attachments import Vault
from services.intake.cases.desk import Desk
from services.intake.cases.handlers import Cases
from services.intake.cases.looking import Looking
from services.intake.cases.routes import router_of
from services.intake.cases.store import CASES, TEAMS
from services.intake.limiting import Buckets, Limit
from services.intake.part import Part
from services.intake.unsealing.opening import UNSEALS_AT_ONCE, UNSEALS_PER_S
from shared.access import AuditTrail
from shared.platform import Platform
from shared.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class CaseRoom(Part):
    """The part, and ``cases`` for who withdraws a submission."""

    cases: Cases


def build_cases(
    platform: Platform,
    privacies: Mapping[str, Privacy],
    audit: AuditTrail,
    vault: Vault,
    *,
    upload_limit: Dependency,
) -> CaseRoom:
    """The cases over ``platform``, their attachments in ``vault``."""
    desk = Desk(
        campaigns=platform.campaigns,
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        audit=audit,
        clock=platform.clock,
    )
    cases = Cases(desk, vault)
    looking = Looking(desk, vault, Buckets(Limit.UNSEALING, per_s=UNSEALS_PER_S, burst=UNSEALS_AT_ONCE))
    router = router_of(desk, cases, looking, vault, upload_limit)
    return CaseRoom(cases=cases, router=router, collections=(CASES, TEAMS))
