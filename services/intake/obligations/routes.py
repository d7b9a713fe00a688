"""Obligations over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import orjson
from fastapi import APIRouter, Response
from fastapi.params import Depends as Dependency

from services.intake.activities.routes import ExpectedRevision
from services.intake.obligations.bodies import (
    ContactsBody,
    OpenedContactsBody,
    PointBody,
    PointsBody,
    QuestionnaireTotalsBody,
    ReportBody,
    opened_body,
    point_body,
)
from services.intake.obligations.contacts import ContactTables
from services.intake.obligations.form import (
    ClosingForm,
    ContactsForm,
    Opening,
    PointForm,
    ReportForm,
    TotalsForm,
)
from services.intake.obligations.handlers import Recording
from services.intake.obligations.looking import Looking
from services.intake.obligations.reports import ReportDoor, Taken
from shared.access import Principal
from shared.errors import DafangtanError
from shared.events.cloud_events import CloudEvent, Mode
from shared.http import CurrentPrincipal, problem_fields

UNIT = "/campaigns/{campaign}/units/{unit}"
JSON = "application/json"
NDJSON = "application/x-ndjson"
STATUS_OF_NEW = {True: 201, False: 200}
AnswerReports = Callable[[Principal, Mode, Sequence[CloudEvent]], Awaitable[Response]]


def router_of(
    tables: ContactTables, recording: Recording, looking: Looking, upload_limit: Dependency
) -> APIRouter:
    """The routes of obligations."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 各单位的任务"], dependencies=[upload_limit])
    _add_contacts(router, tables)
    _add_points(router, recording, looking)
    _add_telling(router, recording)
    return router


def answer_reports(door: ReportDoor) -> AnswerReports:
    """How events that tell of reports are answered."""

    async def answer(principal: Principal, mode: Mode, events: Sequence[CloudEvent]) -> Response:
        taken = await door.take(principal, mode, events)
        if mode is Mode.BATCHED:
            return Response(b"".join(_lines(taken)), media_type=NDJSON)
        (one,) = taken
        if isinstance(one, DafangtanError):
            raise one
        report, is_new = one
        return Response(
            orjson.dumps(ReportBody.of(report).model_dump()), STATUS_OF_NEW[is_new], media_type=JSON
        )

    return answer


def _lines(taken: Iterable[Taken]) -> Iterable[bytes]:
    for line, one in enumerate(taken, start=1):
        if isinstance(one, DafangtanError):
            fields = problem_fields(one)
        else:
            report, is_new = one
            fields = {"status": STATUS_OF_NEW[is_new], **ReportBody.of(report).model_dump()}
        yield orjson.dumps({"line": line, **fields}, option=orjson.OPT_APPEND_NEWLINE)


def _add_contacts(router: APIRouter, tables: ContactTables) -> None:
    @router.post(
        f"{UNIT}/contacts",
        status_code=201,
        responses={200: {"model": ContactsBody, "description": "重复登记，或以新表代替原表"}},
        summary="报送联系表：再次报送即代替原表，原表从此不可读取",
    )
    async def register(
        campaign: str,
        unit: str,
        form: ContactsForm,
        principal: CurrentPrincipal,
        response: Response,
        if_match: ExpectedRevision = None,
    ) -> ContactsBody:
        contacts, is_new = await tables.register(principal, campaign, unit, form, expected_revision=if_match)
        response.status_code = STATUS_OF_NEW[is_new]
        return ContactsBody.of(contacts)

    @router.get(f"{UNIT}/contacts", summary="联系表登记了哪些角色（不含个人信息）")
    async def contacts(campaign: str, unit: str, principal: CurrentPrincipal) -> ContactsBody:
        return ContactsBody.of(await tables.look(principal, campaign, unit))

    @router.post(f"{UNIT}/contacts:withdraw", summary="撤回联系表：销毁密钥，密封内容从此不可读取")
    async def withdraw(campaign: str, unit: str, principal: CurrentPrincipal) -> ContactsBody:
        return ContactsBody.of(await tables.withdraw(principal, campaign, unit))

    @router.post(f"{UNIT}/contacts/unseal", summary="打开联系表：须说明目的，先写审计再打开")
    async def unseal(
        campaign: str, unit: str, why: Opening, principal: CurrentPrincipal
    ) -> OpenedContactsBody:
        return opened_body(await tables.unseal(principal, campaign, unit, purpose=why.purpose))


def _add_points(router: APIRouter, recording: Recording, looking: Looking) -> None:
    @router.post(
        f"{UNIT}/points",
        status_code=201,
        responses={200: {"model": PointBody, "description": "重复登记，或更正、重新设立"}},
        summary="登记设立访谈点：活动定义中的，或新设的",
    )
    async def set_up(
        campaign: str, unit: str, form: PointForm, principal: CurrentPrincipal, response: Response
    ) -> PointBody:
        point, is_new = await recording.set_up_point(principal, campaign, unit, form)
        response.status_code = STATUS_OF_NEW[is_new]
        return point_body(looking.named(point))

    @router.get(f"{UNIT}/points", summary="本单位的访谈点：尚未设立、已设立、已关闭")
    async def points(campaign: str, unit: str, principal: CurrentPrincipal) -> PointsBody:
        found = await looking.points(principal, campaign, unit)
        return PointsBody(campaign=campaign, unit=unit, points=[point_body(each) for each in found])

    @router.post(f"{UNIT}/points/{{point}}:close", summary="关闭访谈点")
    async def close(
        campaign: str, unit: str, point: str, form: ClosingForm, principal: CurrentPrincipal
    ) -> PointBody:
        closed_on = form.closed_on.isoformat()
        closed = await recording.close_point(principal, campaign, unit, point, closed_on=closed_on)
        return point_body(looking.named(closed))


def _add_telling(router: APIRouter, recording: Recording) -> None:
    @router.post(
        f"{UNIT}/totals",
        status_code=201,
        responses={200: {"model": QuestionnaireTotalsBody, "description": "重复登记，或以新数代替原数"}},
        summary="登记问卷汇总统计的结果",
    )
    async def tell_totals(
        campaign: str,
        unit: str,
        form: TotalsForm,
        principal: CurrentPrincipal,
        response: Response,
        if_match: ExpectedRevision = None,
    ) -> QuestionnaireTotalsBody:
        totals, is_new = await recording.tell_totals(
            principal, campaign, unit, form, expected_revision=if_match
        )
        response.status_code = STATUS_OF_NEW[is_new]
        return QuestionnaireTotalsBody.of(totals)

    @router.post(
        f"{UNIT}/report",
        status_code=201,
        responses={200: {"model": ReportBody, "description": "重复登记，或以新报告代替原报告"}},
        summary="登记访谈要点报告已交",
    )
    async def hand_in(
        campaign: str,
        unit: str,
        form: ReportForm,
        principal: CurrentPrincipal,
        response: Response,
        if_match: ExpectedRevision = None,
    ) -> ReportBody:
        report, is_new = await recording.hand_in_report(
            principal, campaign, unit, form, expected_revision=if_match
        )
        response.status_code = STATUS_OF_NEW[is_new]
        return ReportBody.of(report)
