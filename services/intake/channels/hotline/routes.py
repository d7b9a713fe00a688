"""The HTTP face of the hotline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import orjson
from fastapi import APIRouter, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.intake.channels.hotline.describing import describe
from services.intake.channels.hotline.importing import Importing, RowAnswer
from services.intake.channels.hotline.model import CHANNEL, Call
from services.intake.channels.hotline.taking_in import MatterAnswer, TakingIn
from services.intake.counting import CountedRefusal, count
from services.intake.handlers import Answer
from services.intake.model import Outcome
from services.intake.routes import JSON, NDJSON, STATUS_OF, ReceiptBody, receipt_fields
from shared.access import Principal
from shared.campaign import Campaign
from shared.errors import DafangtanError
from shared.http import CurrentPrincipal, body_of, json_body, problem_fields

CSV_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "description": "第一行为中文标题，最多 10 MB"}}
        },
    }
}


class MatterBody(ReceiptBody):
    """What became of a matter: its receipt, or a problem (status from 400 on) in place of it."""

    matter: int = Field(description="事项序号，从 1 起")
    status: int


class CallBody(BaseModel):
    """What became of a call: an entry for each of its matters, in order."""

    campaign: str
    matters: list[MatterBody]


def router_of(
    taking_in: TakingIn,
    importing: Importing,
    campaigns: Mapping[str, Campaign],
    upload_limit: Dependency,
) -> APIRouter:
    """The routes of the hotline."""
    router = APIRouter(
        prefix="/intake/v1/hotline/{campaign}", tags=["intake 接收：热线"], dependencies=[upload_limit]
    )

    @router.post(
        "/calls",
        status_code=201,
        response_model=CallBody,
        responses={
            200: {"model": CallBody, "description": "重复发送：给出原来的回执"},
            409: {"model": CallBody, "description": "有的事项与先前同一编号的内容不同，没有改动；逐项列出"},
        },
        openapi_extra=json_body(Call),
        summary="一次通话和其中的各个事项：呼叫中心（渠道密钥）或热线坐席",
    )
    async def call(campaign: str, request: Request, principal: CurrentPrincipal) -> Response:
        with CountedRefusal(principal):
            answers = await taking_in.call(principal, campaign, await body_of(request, Call))
        count(principal, [each.answer for each in answers])
        content = {"campaign": campaign, "matters": [_matter(each) for each in answers]}
        return Response(orjson.dumps(content), _status(answers), media_type=JSON)

    @router.post(
        "/calls:import",
        openapi_extra=dict(CSV_BODY),
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {}}, "description": "每行一个结果：回执或原因"}},
        summary="导入通话记录（CSV）：逐行给出回执或原因",
        description="每行单独处理。改正后重新上传同一文件，只会补上缺少的行。状态为 503 的行没有被接收。",
    )
    async def import_calls(campaign: str, request: Request, principal: CurrentPrincipal) -> StreamingResponse:
        answers = await importing.open(principal, campaign, await request.body())
        return StreamingResponse(_lines(principal, answers), media_type=NDJSON)

    @router.get("/form", summary="坐席表单的说明：字段、类别、责任单位、同意书、上限")
    async def form(campaign: str, principal: CurrentPrincipal) -> Response:
        hotline = taking_in.hotline(principal, campaign)
        description = describe(campaigns[campaign], hotline, CHANNEL, principal)
        return Response(msgspec.json.encode(description), media_type=JSON)

    return router


async def _lines(principal: Principal, answers: AsyncIterator[Sequence[RowAnswer]]) -> AsyncIterator[bytes]:
    async for some in answers:
        count(principal, [each.answer for each in some])
        yield b"".join(_line({"row": each.row, **_fields(each.answer)}) for each in some)


def _line(fields: Mapping[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _matter(each: MatterAnswer) -> dict[str, object]:
    return {"matter": each.number, **_fields(each.answer)}


def _fields(answer: Answer) -> dict[str, object]:
    if isinstance(answer, DafangtanError):
        return problem_fields(answer)
    outcome, receipt = answer
    return {"status": STATUS_OF[outcome], **receipt_fields(receipt)}


def _status(answers: Sequence[MatterAnswer]) -> int:
    """409 as soon as one matter contradicts what stands; else 201 when one is new."""
    outcomes = [None if isinstance(each.answer, DafangtanError) else each.answer[0] for each in answers]
    if None in outcomes:
        return 409
    return STATUS_OF[Outcome.ACCEPTED if Outcome.ACCEPTED in outcomes else Outcome.REPEAT]
