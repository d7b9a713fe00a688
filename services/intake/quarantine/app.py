"""Joins the parts of the quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.intake.part import Part
from services.intake.quarantine.keeping import Quarantine
from services.intake.quarantine.listing import Listing
from services.intake.quarantine.replaying import Replayer, Replaying
from services.intake.quarantine.retention import Retention
from services.intake.quarantine.routes import router_of
from services.intake.quarantine.store import CONTENTS, ITEMS
from shared.access import AuditTrail
from shared.platform import Platform
from shared.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class QuarantineRoom(Part):
    """The part, and ``quarantine`` for the adapters. ``known_replayers`` is for each of them to enter its own by its
    name."""

    quarantine: Quarantine
    known_replayers: dict[str, Replayer]


def build_quarantine(
    platform: Platform, privacies: Mapping[str, Privacy], audit: AuditTrail, *, keep_for: timedelta
) -> QuarantineRoom:
    """The quarantine over ``platform``, with the keys of every campaign."""
    replayers: dict[str, Replayer] = {}
    replaying = Replaying(
        replayers=replayers,
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        audit=audit,
        clock=platform.clock,
    )
    return QuarantineRoom(
        quarantine=Quarantine(privacies=privacies, store=platform.store, clock=platform.clock),
        known_replayers=replayers,
        router=router_of(Listing(access=platform.access, store=platform.store), replaying),
        components=(Retention(store=platform.store, clock=platform.clock, keep_for=keep_for),),
        collections=(ITEMS, CONTENTS),
    )
