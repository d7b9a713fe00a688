"""The HTTP face of imports."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.intake.channels.excel.importing import Imports
from services.intake.channels.excel.jobs import STATE_NAMES, Job, JobState
from shared.http import CurrentPrincipal

PREFIX = "/intake/v1/imports"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKBOOK_BODY = {
    "requestBody": {
        "required": True,
        "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
    }
}
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}

Id = Annotated[str, Query(min_length=1, max_length=200)]


class ImportBody(BaseModel):
    """An import and how far it is."""

    id: str
    state: JobState
    state_name: str
    reason: str | None = Field(description="整份文件无法读取的原因")
    campaign: str
    edition: str
    unit: str | None
    percent: int = Field(description="已处理的百分比")
    rows_read: int = Field(description="已处理的行数")
    accepted: int = Field(description="收到的行数，每行有回执")
    repeats: int = Field(description="此前已收到的行数，给出原来的回执")
    refused: int = Field(description="未收的行数，每行有原因")
    created_at: str
    finished_at: str | None
    workbook_until: str | None = Field(description="结果可下载到何时；没有结果时为 null")


class ImportPage(BaseModel):
    """One's own imports, the latest first."""

    imports: list[ImportBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


def router_of(imports: Imports, upload_limit: Dependency) -> APIRouter:
    """The routes of imports."""
    router = APIRouter(prefix=PREFIX, tags=["intake 接收"], dependencies=[upload_limit])

    @router.post(
        "",
        status_code=202,
        openapi_extra=WORKBOOK_BODY,
        summary="上传填好的工作簿（.xlsx，最大 50 MB、5 万行）：后台逐行接收",
    )
    async def begin(
        request: Request,
        response: Response,
        principal: CurrentPrincipal,
        campaign: Id,
        edition: Id,
        unit: Annotated[str | None, Query(max_length=200, description="没有填责任单位的行归哪个单位")] = None,
    ) -> ImportBody:
        job = await imports.begin(
            principal, campaign=campaign, edition=edition, unit=unit, content=request.stream()
        )
        response.headers["location"] = f"{PREFIX}/{job.id}"
        return _body(job)

    @router.get("", summary="本人上传的工作簿")
    async def page(
        principal: CurrentPrincipal,
        cursor: Annotated[str | None, Query(max_length=500, description="上一页给出的游标")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ImportPage:
        found = await imports.page(principal, cursor=cursor, limit=limit)
        return ImportPage(imports=[_body(job) for job in found.jobs], cursor=found.cursor)

    @router.get("/{id}", summary="一份工作簿的处理进度")
    async def progress(id: str, principal: CurrentPrincipal) -> ImportBody:
        return _body(await imports.find(principal, id))

    @router.get(
        "/{id}/workbook",
        summary="取回工作簿：每行旁边是回执或原因",
        response_class=StreamingResponse,
        responses=WORKBOOK,
    )
    async def workbook(id: str, principal: CurrentPrincipal) -> StreamingResponse:
        content = await imports.workbook(principal, id)
        headers = {"content-disposition": f'attachment; filename="import-{id[:8]}.xlsx"'}
        return StreamingResponse(content, media_type=XLSX, headers=headers)

    return router


def _body(job: Job) -> ImportBody:
    return ImportBody(
        id=job.id,
        state=job.state,
        state_name=STATE_NAMES[job.state],
        reason=job.reason,
        campaign=job.campaign,
        edition=job.edition,
        unit=job.unit,
        percent=job.percent,
        rows_read=job.row_count,
        accepted=job.accepted_count,
        repeats=job.repeat_count,
        refused=job.refused_count,
        created_at=job.created_at,
        finished_at=job.finished_at,
        workbook_until=job.expires_at if job.has_workbook else None,
    )
