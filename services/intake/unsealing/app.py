"""Joins the parts of unsealing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from services.intake.limiting import Buckets, Limit
from services.intake.unsealing.opening import UNSEALS_AT_ONCE, UNSEALS_PER_S, Unsealing
from services.intake.unsealing.reading_back import InTheBackground, ReadingBack
from services.intake.unsealing.routes import router_of
from shared.access import AuditTrail
from shared.consuming import Outbox, Runner
from shared.platform import Component, Platform
from shared.privacy import Privacy
from shared.store.port import Collection, Counters

MESSAGES_AT_ONCE = 4000


@dataclass(frozen=True, slots=True)
class UnsealingRoom:
    """What intake gets of it. Attachments are opened with the entry that ``unsealing.permit`` gives."""

    unsealing: Unsealing
    router: APIRouter
    components: tuple[Component, ...]
    collections: tuple[Collection | Counters, ...]


def build_unsealing(
    platform: Platform, privacies: Mapping[str, Privacy], audit: AuditTrail, outbox: Outbox
) -> UnsealingRoom:
    """Unsealing over ``platform``, with the keys of every campaign."""
    runner = Runner(
        ReadingBack(),
        log=platform.log,
        store=platform.store,
        outbox=outbox,
        clock=platform.clock,
        messages_at_once=MESSAGES_AT_ONCE,
    )
    unsealing = Unsealing(
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        audit=audit,
        limit=Buckets(Limit.UNSEALING, per_s=UNSEALS_PER_S, burst=UNSEALS_AT_ONCE),
        clock=platform.clock,
    )
    return UnsealingRoom(unsealing, router_of(unsealing), (InTheBackground(runner),), runner.collections)
