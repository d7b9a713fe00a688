"""The HTTP face of quota."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.quota.ahead_bodies import ForecastBody, ScheduleBody, forecast_body, schedule_body
from services.quota.bodies import (
    PointsBody,
    ProgressBody,
    SeriesBody,
    UnitProgressBody,
    WhyBody,
    point_body,
    progress_body,
    series_bodies,
    unit_progress_body,
    why_body,
)
from services.quota.live.boards import Boards
from services.quota.live.routes import add_live_board
from services.quota.looking import Looking, When
from services.quota.model import By
from services.quota.workbook import board_csv, board_workbook
from shared.http import BooksBody, CurrentPrincipal

OnDay = Annotated[
    date | None,
    Query(
        alias="on", description="判断所用的日期（活动当地日期），默认为今天；过去的日子按现在所知的数重新判断"
    ),
]
UntilDay = Annotated[
    date | None,
    Query(alias="on", description="截至这一天（含，按访谈的日期），按今天所知的情况；默认为现在"),
]
AsOf = Annotated[date | None, Query(description="只计到这一天（含）的提交，按今天所知的情况判断；默认不限")]
ByDay = Annotated[
    By, Query(description="按哪个日期：collected 访谈当天，received 收到当天（均为活动当地日期）")
]
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
OneLine = Annotated[str | None, Query(description="只看一个名额")]
OneUnit = Annotated[str | None, Query(description="只看一个责任单位")]


def _when(on: OnDay = None, as_of: AsOf = None, by: ByDay = By.RECEIVED) -> When:
    return When(on, as_of, by)


WhenAsked = Annotated[When, Depends(_when)]


def router_of(looking: Looking, boards: Boards) -> APIRouter:
    """The routes of quota."""
    router = APIRouter(prefix="/quota/v1", tags=["quota 名额与进度"])
    _add_board(router, looking)
    add_live_board(router, boards)
    _add_days(router, looking)
    return router


def _add_board(router: APIRouter, looking: Looking) -> None:
    @router.get("/campaigns/{campaign}/progress", summary="作战图：各名额的完成情况")
    async def progress(campaign: str, principal: CurrentPrincipal, when: WhenAsked) -> ProgressBody:
        return progress_body(await looking.progress(principal, campaign, when))

    @router.get("/campaigns/{campaign}/units/{unit}", summary="一个责任单位的完成情况")
    async def unit_progress(
        campaign: str, unit: str, principal: CurrentPrincipal, when: WhenAsked
    ) -> UnitProgressBody:
        return unit_progress_body(campaign, await looking.unit_progress(principal, campaign, unit, when))

    @router.get("/campaigns/{campaign}/books", summary="对账：每份已接收的提交所在的项")
    async def books(campaign: str, principal: CurrentPrincipal) -> BooksBody:
        return BooksBody(campaign=campaign, entries=dict(await looking.books(principal, campaign)))

    @router.get("/submissions/{submission_id}", summary="一份提交落在哪一项，依据哪一条规则")
    async def why(submission_id: str, principal: CurrentPrincipal) -> WhyBody:
        return why_body(await looking.why(principal, submission_id))


def _add_days(router: APIRouter, looking: Looking) -> None:
    @router.get("/campaigns/{campaign}/series", summary="逐日序列：全活动、一个名额，或一个责任单位")
    async def series(
        campaign: str,
        principal: CurrentPrincipal,
        by: ByDay = By.RECEIVED,
        quota_line: OneLine = None,
        unit: OneUnit = None,
    ) -> SeriesBody:
        days = await looking.series(principal, campaign, quota_line=quota_line, unit=unit, by=by)
        return SeriesBody(
            campaign=campaign, by=by, quota_line=quota_line, unit=unit, days=series_bodies(days)
        )

    @router.get("/campaigns/{campaign}/points", summary="访谈点：各点完成的访谈，第一次和最近一次的日期")
    async def points(
        campaign: str, principal: CurrentPrincipal, on: OnDay = None, unit: OneUnit = None
    ) -> PointsBody:
        today, found = await looking.points(principal, campaign, unit=unit, on=on)
        return PointsBody(campaign=campaign, on=today, points=[point_body(point) for point in found])

    @router.get(
        "/campaigns/{campaign}/forecast", summary="预测：到访谈阶段结束时各名额完成多少、哪天达到目标"
    )
    async def outlook(
        campaign: str, principal: CurrentPrincipal, on: OnDay = None, unit: OneUnit = None
    ) -> ForecastBody:
        today, found = await looking.forecasts(principal, campaign, unit=unit, on=on)
        lines = [forecast_body(line, each) for line, each in found]
        ends_on = looking.interviews_end_on(campaign)
        return ForecastBody(campaign=campaign, on=today, ends_on=ends_on, lines=lines)

    @router.get(
        "/campaigns/{campaign}/board.xlsx",
        response_class=Response,
        responses={200: {"content": {EXCEL: {}}, "description": "总表，以及每个责任单位一张工作表，附图"}},
        summary="作战图（Excel）：办公室下发用",
    )
    async def workbook(
        campaign: str, principal: CurrentPrincipal, on: UntilDay = None, unit: OneUnit = None
    ) -> Response:
        export = await looking.export(principal, campaign, unit=unit, on=on)
        content = await asyncio.to_thread(board_workbook, export)
        return Response(
            content, media_type=EXCEL, headers=_attached(f"{campaign}-{export.progress.day}.xlsx")
        )

    @router.get(
        "/campaigns/{campaign}/board.csv",
        response_class=Response,
        responses={200: {"content": {CSV: {}}, "description": "每个名额一行"}},
        summary="作战图（CSV）",
    )
    async def table(
        campaign: str, principal: CurrentPrincipal, on: UntilDay = None, unit: OneUnit = None
    ) -> Response:
        export = await looking.export(principal, campaign, unit=unit, on=on)
        headers = _attached(f"{campaign}-{export.progress.day}.csv")
        return Response(board_csv(export), media_type=f"{CSV}; charset=utf-8", headers=headers)

    @router.get("/campaigns/{campaign}/schedule", summary="倒排时间表：按工作日，从最后一天往回排")
    async def schedule(
        campaign: str, principal: CurrentPrincipal, on: OnDay = None, unit: OneUnit = None
    ) -> ScheduleBody:
        today, schedules = await looking.schedules(principal, campaign, unit=unit, on=on)
        lines = [schedule_body(line, each) for line, each in schedules]
        return ScheduleBody(campaign=campaign, on=today, lines=lines)


def _attached(filename: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{filename}"'}
