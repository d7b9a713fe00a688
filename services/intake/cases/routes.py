"""Cases over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse

from services.intake.attachments import Vault
from services.intake.attachments.routes import add_attachment_routes, streamed
from services.intake.cases.bodies import CaseBody, CasesBody, OpenedCaseBody, Telling
from services.intake.cases.desk import Desk
from services.intake.cases.form import (
    CaseOpening,
    Link,
    Opening,
    PartsNamed,
    Recorded,
    RecordingConsent,
    RegistrationForm,
    Reopening,
    Withdrawal,
)
from services.intake.cases.handlers import Cases
from services.intake.cases.looking import Looking
from services.intake.cases.opening import open_case
from services.intake.routes import ANY_FILE
from shared.http import CurrentPrincipal

Cursor = Annotated[str | None, Query(description="上一页给出的游标")]


def router_of(
    desk: Desk, cases: Cases, looking: Looking, vault: Vault, upload_limit: Dependency
) -> APIRouter:
    """The routes of cases."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 个案"], dependencies=[upload_limit])
    _add_looking(router, looking, tell := Telling(desk.campaigns, desk.clock))
    _add_changing(router, desk, cases, tell)
    _add_signing(router, cases, tell)
    add_attachment_routes(
        router, "/cases/{name}", vault=vault, holder_of=desk.holder, listed=looking.attachments
    )
    return router


def _add_changing(router: APIRouter, desk: Desk, cases: Cases, tell: Telling) -> None:
    @router.post(
        "/cases",
        status_code=201,
        responses={200: {"model": CaseBody, "description": "重复登记：给出原来的个案"}},
        summary="登记个案：编号在调查组内依次排列",
    )
    async def register(opening: CaseOpening, principal: CurrentPrincipal, response: Response) -> CaseBody:
        case, is_new = await open_case(desk, principal, opening)
        response.status_code = 201 if is_new else 200
        return tell(case)

    @router.put("/cases/{id}/form", summary="修改登记表：原来的一份密封留存")
    async def amend(id: str, form: RegistrationForm, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.amend_form(principal, id, form))

    @router.post("/cases/{id}:consent-to-recording", summary="登记受访者同意录音及其时间")
    async def consent(id: str, given: RecordingConsent, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.consent_to_recording(principal, id, given))

    @router.post("/cases/{id}:link", summary="关联同一次访谈的问卷（凭回执）")
    async def link(id: str, to: Link, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.link(principal, id, to.receipt))

    @router.post("/cases/{id}:withdraw", summary="撤回：销毁密钥，密封内容从此不可读取；编号保留")
    async def withdraw(id: str, why: Withdrawal, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.withdraw(principal, id, why.reason))


def _add_signing(router: APIRouter, cases: Cases, tell: Telling) -> None:
    @router.post("/cases/{id}:record", summary="访问记录原稿或整理稿已完成（先上传附件）")
    async def record(id: str, done: Recorded, principal: CurrentPrincipal) -> CaseBody:
        case = await cases.record(principal, id, done.part, pages=done.pages, recorded_at=done.recorded_at)
        return tell(case)

    @router.post("/cases/{id}:sign", summary="访问员签名：登记表、访问记录原稿、整理稿")
    async def sign(id: str, named: PartsNamed, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.sign(principal, id, named.parts))

    @router.post("/cases/{id}:sign-off", summary="调查组负责人签字，不能是访问员本人")
    async def sign_off(id: str, named: PartsNamed, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.sign_off(principal, id, named.parts))

    @router.post("/cases/{id}:reopen", summary="调查组负责人退回重做，说明理由")
    async def reopen(id: str, why: Reopening, principal: CurrentPrincipal) -> CaseBody:
        return tell(await cases.reopen(principal, id, why.parts, why.reason))


def _add_looking(router: APIRouter, looking: Looking, tell: Telling) -> None:
    @router.get("/cases", summary="列出个案：本单位的；访问员只见本人的")
    async def cases(
        campaign: str,
        principal: CurrentPrincipal,
        unit: str | None = None,
        team: str | None = None,
        cursor: Cursor = None,
    ) -> CasesBody:
        page = await looking.cases(principal, campaign, unit=unit, team=team, cursor=cursor)
        return CasesBody(cases=[tell(case) for case in page.cases], cursor=page.cursor)

    @router.get("/cases/{id}", summary="查看个案的进展")
    async def case(id: str, principal: CurrentPrincipal) -> CaseBody:
        return tell(await looking.case(principal, id))

    @router.post("/cases/{id}/unseal", summary="打开登记表和附件的名称：须说明目的，先写审计再打开")
    async def unseal(id: str, why: Opening, principal: CurrentPrincipal) -> OpenedCaseBody:
        return tell.opened(await looking.unseal(principal, id, purpose=why.purpose))

    @router.post(
        "/cases/{id}/attachments/{attachment_id}/unseal",
        summary="打开附件：须说明目的，先写审计再打开",
        response_class=StreamingResponse,
        responses=ANY_FILE,
    )
    async def unseal_attachment(
        id: str, attachment_id: str, why: Opening, principal: CurrentPrincipal
    ) -> StreamingResponse:
        return streamed(await looking.unseal_attachment(principal, id, attachment_id, purpose=why.purpose))
