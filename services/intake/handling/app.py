"""Joins the parts of handling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.handling.answers import Answers
from services.intake.handling.handlers import Handling
from services.intake.handling.routes import router_of
from services.intake.handling.store import PROBLEMS
from services.intake.part import Part
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.platform import Platform
from shared.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class HandlingRoom(Part):
    """The part; ``handling`` for channels whose replies are answers, ``answers`` for respondents."""

    handling: Handling
    answers: Answers


def build_handling(
    platform: Platform, privacies: Mapping[str, Privacy], audit: AuditTrail, outbox: Outbox
) -> HandlingRoom:
    """Handling over ``platform``, told through ``outbox``."""
    handling = Handling(
        privacies=privacies,
        access=platform.access,
        store=platform.store,
        outbox=outbox,
        audit=audit,
        clock=platform.clock,
    )
    return HandlingRoom(
        handling=handling,
        answers=Answers(privacies, platform.store),
        router=router_of(handling),
        collections=(PROBLEMS,),
    )
