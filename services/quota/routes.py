"""The HTTP face of quota."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.quota.board import LineProgress, Progress, UnitShare, progress_of
from services.quota.model import STATUS_NAMES, Status
from services.quota.store import sums_of
from shared.access import Action, Principal, Resource
from shared.http import BooksBody, CurrentPrincipal
from shared.platform import Platform

OnDay = Annotated[
    date | None, Query(alias="on", description="判断进度所用的日期（活动当地日期），默认为今天")
]


class UnitBody(BaseModel):
    """One unit of a line."""

    unit: str
    name: str
    eligible: int = Field(description="符合条件的访谈数；是否超出目标由名额整体决定")
    buckets: dict[str, int]


class LineBody(BaseModel):
    """One quota line of the board."""

    quota_line: str
    name: str
    edition: str
    target: int
    counted: int
    share: float = Field(description="完成比例，0 至 1")
    status: Status
    status_name: str
    buckets: dict[str, int]
    units: list[UnitBody]


class ProgressBody(BaseModel):
    """The board of a campaign."""

    campaign: str
    name: str
    on: date
    target: int
    counted: int
    accepted: int
    buckets: dict[str, int] = Field(description="每份已接收的提交恰好在其中一项")
    lines: list[LineBody]
    others: list[UnitBody] = Field(description="没有名额的单位：收到的是留言")


class UnitProgressBody(BaseModel):
    """One unit, and the quota line that it counts for."""

    campaign: str
    unit: UnitBody
    line: LineBody | None = Field(description="没有名额的单位为空")


def router_of(platform: Platform) -> APIRouter:
    """The routes of quota over ``platform``."""
    router = APIRouter(prefix="/quota/v1", tags=["quota 名额与进度"])

    async def board(campaign_id: str, on: date | None) -> Progress:
        campaign = platform.campaign(campaign_id)
        day = on or platform.clock().astimezone(campaign.timezone).date()
        return progress_of(campaign, await sums_of(platform.store, campaign.id), day)

    def check(principal: Principal, action: Action, campaign: str, unit: str | None = None) -> None:
        platform.access.check(principal, action, Resource(kind="progress", campaign=campaign, unit=unit))

    @router.get("/campaigns/{campaign}/progress", summary="作战图：各名额的完成情况")
    async def progress(campaign: str, principal: CurrentPrincipal, on: OnDay = None) -> ProgressBody:
        check(principal, Action.READ_PROGRESS, campaign)
        return _progress_body(await board(campaign, on))

    @router.get("/campaigns/{campaign}/units/{unit}", summary="一个责任单位的完成情况")
    async def unit_progress(
        campaign: str, unit: str, principal: CurrentPrincipal, on: OnDay = None
    ) -> UnitProgressBody:
        check(principal, Action.READ_PROGRESS, campaign, unit)
        share, line = (await board(campaign, on)).of_unit(unit)
        return UnitProgressBody(
            campaign=campaign, unit=_unit_body(share), line=None if line is None else _line_body(line)
        )

    @router.get("/campaigns/{campaign}/books", summary="对账：每份已接收的提交所在的项")
    async def books(campaign: str, principal: CurrentPrincipal) -> BooksBody:
        check(principal, Action.READ_BOOKS, campaign)
        entries = {str(bucket): count for bucket, count in (await board(campaign, None)).buckets.items()}
        return BooksBody(campaign=campaign, entries=entries)

    return router


def _progress_body(progress: Progress) -> ProgressBody:
    return ProgressBody(
        campaign=progress.campaign,
        name=progress.name,
        on=progress.day,
        target=progress.target_count,
        counted=sum(line.counted_count for line in progress.lines),
        accepted=progress.accepted_count,
        buckets={str(bucket): count for bucket, count in progress.buckets.items()},
        lines=[_line_body(line) for line in progress.lines],
        others=[_unit_body(share) for share in progress.others],
    )


def _line_body(line: LineProgress) -> LineBody:
    return LineBody(
        quota_line=line.quota_line,
        name=line.name,
        edition=line.edition,
        target=line.target_count,
        counted=line.counted_count,
        share=line.share,
        status=line.status,
        status_name=STATUS_NAMES[line.status],
        buckets={str(bucket): count for bucket, count in line.buckets.items()},
        units=[_unit_body(share) for share in line.units],
    )


def _unit_body(share: UnitShare) -> UnitBody:
    return UnitBody(unit=share.unit, name=share.name, eligible=share.eligible, buckets=dict(share.buckets))
