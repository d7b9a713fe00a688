"""Joins the parts of obligations."""

from __future__ import annotations

from fastapi import APIRouter

from services.quota.obligations.handlers import ObligationHandler
from services.quota.obligations.looking import LookingAtObligations
from services.quota.obligations.routes import router_of
from shared.consuming import Outbox, Runner
from shared.platform import Platform


def build_obligations(platform: Platform, outbox: Outbox) -> tuple[Runner, APIRouter]:
    """The consumer of the topic ``obligations`` over ``platform``, and the routes of what it folds."""
    runner = Runner(
        ObligationHandler(platform.campaigns),
        log=platform.log,
        store=platform.store,
        outbox=outbox,
        clock=platform.real_clock,
    )
    return runner, router_of(LookingAtObligations(platform))
