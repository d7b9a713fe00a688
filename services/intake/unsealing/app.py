"""Joins the parts of unsealing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.in_the_background import InTheBackground
from services.intake.limiting import Buckets, Limit
from services.intake.part import Part
from services.intake.unsealing.opening import UNSEALS_AT_ONCE, UNSEALS_PER_S, Unsealing
from services.intake.unsealing.reading_back import ReadingBack, WithdrawAgain
from services.intake.unsealing.routes import router_of
from shared.access import AuditTrail
from shared.consuming import Outbox, Runner
from shared.platform import Platform
from shared.privacy import Privacy

MESSAGES_AT_ONCE = 4000
REST_S = 0.5
"""Who posts waits for none of it, and has the processor to share with it."""


@dataclass(frozen=True, kw_only=True)
class UnsealingRoom(Part):
    """The part. Attachments are opened with the entry that ``unsealing.permit`` gives."""

    unsealing: Unsealing


def build_unsealing(
    platform: Platform,
    privacies: Mapping[str, Privacy],
    audit: AuditTrail,
    outbox: Outbox,
    *,
    withdraw_again: WithdrawAgain,
) -> UnsealingRoom:
    """Unsealing over ``platform``, with the keys of every campaign."""
    runner = Runner(
        ReadingBack(withdraw_again),
        log=platform.log,
        store=platform.store,
        outbox=outbox,
        clock=platform.real_clock,
        messages_at_once=MESSAGES_AT_ONCE,
        rest_s=REST_S,
    )
    unsealing = Unsealing(
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        audit=audit,
        limit=Buckets(Limit.UNSEALING, per_s=UNSEALS_PER_S, burst=UNSEALS_AT_ONCE),
        clock=platform.clock,
    )
    return UnsealingRoom(
        unsealing=unsealing,
        router=router_of(unsealing),
        components=(InTheBackground(runner),),
        collections=runner.collections,
    )
