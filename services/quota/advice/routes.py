"""The HTTP face of advice."""

from __future__ import annotations

from fastapi import APIRouter

from services.quota.advice.bodies import AdviceBody, AllSoftQuotasBody, advice_body, soft_quotas_body
from services.quota.advice.looking import Advising
from services.quota.model import By
from services.quota.routes import AsOf, ByDay, OnDay, OneLine, OneUnit
from shared.http import CurrentPrincipal
from shared.platform import Platform


def router_of(platform: Platform) -> APIRouter:
    """The routes of soft quotas and advice."""
    router = APIRouter(prefix="/quota/v1", tags=["quota 名额与进度"])
    advising = Advising(platform)

    @router.get(
        "/campaigns/{campaign}/soft-quotas", summary="软配额：按性别、年龄段等，各类人应有和已有多少访谈"
    )
    async def soft_quotas(
        campaign: str,
        principal: CurrentPrincipal,
        quota_line: OneLine = None,
        unit: OneUnit = None,
        as_of: AsOf = None,
        by: ByDay = By.RECEIVED,
    ) -> AllSoftQuotasBody:
        found = await advising.soft_quotas(
            principal, campaign, quota_line=quota_line, unit=unit, as_of=as_of, by=by
        )
        definition = platform.campaign(campaign)
        bodies = [soft_quotas_body(definition, each) for each in found]
        return AllSoftQuotasBody(campaign=campaign, quota_line=quota_line, unit=unit, soft_quotas=bodies)

    @router.get("/campaigns/{campaign}/advice", summary="建议：多找哪些人，哪些访谈点多日没有访谈")
    async def advice(
        campaign: str, principal: CurrentPrincipal, on: OnDay = None, unit: OneUnit = None
    ) -> AdviceBody:
        today, found = await advising.advice(principal, campaign, unit=unit, on=on)
        return advice_body(platform.campaign(campaign), unit, today, found)

    return router
