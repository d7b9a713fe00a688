"""Activities over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.params import Depends as Dependency
from pydantic import BaseModel, Field

from services.intake.activities.form import ActivityForm
from services.intake.activities.handlers import Activities
from services.intake.activities.model import KIND_NAMES, Activity, Kind, Sums, Totals
from services.intake.activities.store import Asked
from shared.http import CurrentPrincipal

Cursor = Annotated[str | None, Query(description="上一页给出的游标")]
First = Annotated[date | None, Query(alias="from", description="从这一天起（含）")]
Last = Annotated[date | None, Query(alias="to", description="到这一天止（含）")]
ExpectedRevision = Annotated[
    int | None, Header(alias="If-Match", description="只在修订号仍是这个数时修改", examples=[0])
]


class ActivityBody(BaseModel):
    """An activity as it stands."""

    activity_id: str
    campaign: str
    unit: str
    kind: Kind
    kind_name: str
    held_on: str
    people_count: int
    firm: str | None
    point: str | None
    way_of_working: str | None
    recorded_by: str
    recorded_at: str
    revision: int = Field(description="修改次数")
    is_withdrawn: bool


class ActivitiesBody(BaseModel):
    """A page of activities, latest first."""

    activities: list[ActivityBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


class SumsBody(BaseModel):
    """What the summary table (情况汇总表) asks for."""

    visits_count: int = Field(description="走访次数")
    firms_visited_count: int = Field(description="走访企事业单位数（同一单位只计一次）")
    workers_met_count: int = Field(description="走访中访谈的职工数；个人访谈另见名额台账")
    meetings_count: int = Field(description="座谈会次数")
    meeting_people_count: int = Field(description="参加座谈人数")
    others_count: int = Field(description="其他活动次数")
    other_people_count: int = Field(description="其他活动人数")


class TotalsBody(BaseModel):
    """Sums of all, and by way of working."""

    campaign: str
    unit: str | None
    totals: SumsBody
    by_way_of_working: dict[str, SumsBody]


def router_of(activities: Activities, upload_limit: Dependency) -> APIRouter:
    """The routes of activities."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 走访和座谈"], dependencies=[upload_limit])
    _add_recording(router, activities)
    _add_looking(router, activities)
    return router


def _add_recording(router: APIRouter, activities: Activities) -> None:
    @router.post(
        "/activities",
        status_code=201,
        responses={200: {"model": ActivityBody, "description": "重复登记：给出原来的登记"}},
        summary="登记走访、座谈会等活动",
    )
    async def record(form: ActivityForm, principal: CurrentPrincipal, response: Response) -> ActivityBody:
        activity, is_new = await activities.record(principal, form)
        response.status_code = 201 if is_new else 200
        return _body(activity)

    @router.put("/activities/{id}", summary="修改活动：以新内容代替原内容")
    async def amend(
        id: str, form: ActivityForm, principal: CurrentPrincipal, if_match: ExpectedRevision = None
    ) -> ActivityBody:
        return _body(await activities.amend(principal, id, form, expected_revision=if_match))

    @router.post("/activities/{id}:withdraw", summary="撤回登记错的活动")
    async def withdraw(id: str, principal: CurrentPrincipal) -> ActivityBody:
        return _body(await activities.withdraw(principal, id))


def _add_looking(router: APIRouter, activities: Activities) -> None:
    @router.get("/activities", summary="列出一个单位的活动（办公室、领导小组可不填单位）")
    async def page(
        campaign: str,
        principal: CurrentPrincipal,
        unit: str | None = None,
        first: First = None,
        last: Last = None,
        cursor: Cursor = None,
    ) -> ActivitiesBody:
        found = await activities.page(principal, _asked(campaign, unit, first, last), cursor=cursor)
        return ActivitiesBody(activities=[_body(each) for each in found.activities], cursor=found.cursor)

    @router.get("/activities/totals", summary="活动合计，用于情况汇总表")
    async def totals(
        campaign: str,
        principal: CurrentPrincipal,
        unit: str | None = None,
        first: First = None,
        last: Last = None,
    ) -> TotalsBody:
        found = await activities.totals(principal, _asked(campaign, unit, first, last))
        return _totals(campaign, unit, found)


def _asked(campaign: str, unit: str | None, first: date | None, last: date | None) -> Asked:
    return Asked(campaign, unit, first.isoformat() if first else None, last.isoformat() if last else None)


def _body(activity: Activity) -> ActivityBody:
    return ActivityBody(
        activity_id=activity.id,
        campaign=activity.campaign,
        unit=activity.unit,
        kind=activity.kind,
        kind_name=KIND_NAMES[activity.kind],
        held_on=activity.held_on,
        people_count=activity.people_count,
        firm=activity.firm,
        point=activity.point,
        way_of_working=activity.way_of_working,
        recorded_by=activity.recorded_by,
        recorded_at=activity.recorded_at,
        revision=activity.revision,
        is_withdrawn=activity.withdrawn_at is not None,
    )


def _totals(campaign: str, unit: str | None, totals: Totals) -> TotalsBody:
    return TotalsBody(
        campaign=campaign,
        unit=unit,
        totals=_sums(totals.all),
        by_way_of_working={way: _sums(sums) for way, sums in totals.by_way.items()},
    )


def _sums(sums: Sums) -> SumsBody:
    return SumsBody(**sums._asdict())
