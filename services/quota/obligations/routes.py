"""Obligations over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from services.quota.obligations.bodies import ObligationsBody, obligations_body
from services.quota.obligations.looking import LookingAtObligations
from services.quota.routes import OnDay, OneUnit
from shared.http import CurrentPrincipal


def router_of(looking: LookingAtObligations) -> APIRouter:
    """The route of obligations."""
    router = APIRouter(prefix="/quota/v1", tags=["quota 名额与进度"])

    @router.get(
        "/campaigns/{campaign}/obligations",
        summary="各单位的五项任务：期限、状态、完成日期、由谁办理",
        description="只看 on 当天（含）以前做的，按今天所知的情况；不写 on 则为今天。没有名额的单位没有任务。",
    )
    async def obligations(
        campaign: str, principal: CurrentPrincipal, on: OnDay = None, unit: OneUnit = None
    ) -> ObligationsBody:
        day, found = await looking.obligations(principal, campaign, unit=unit, on=on)
        return obligations_body(campaign, day, found)

    return router
