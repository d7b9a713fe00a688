"""The HTTP face of intake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from services.intake.batches import Batch, LineAnswer
from services.intake.changing import Changing
from services.intake.counting import count, counted_refusal
from services.intake.form import read_form
from services.intake.handlers import Answer, Submitting
from services.intake.model import STATE_NAMES, Outcome, Receipt, State, Submission
from shared.access import Principal
from shared.errors import DafangtanError
from shared.http import CurrentPrincipal, principal_of, problem_fields

STATUS_OF = {Outcome.ACCEPTED: 201, Outcome.REPEAT: 200}
JSON = "application/json"
NDJSON = "application/x-ndjson"
SUBMISSION_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Submission.model_json_schema()}},
    }
}
BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string", "description": "每行一份提交（JSON）"}}},
    }
}


class ReceiptBody(BaseModel):
    """A receipt: the sender keeps it, to look the submission up, change it or take it back."""

    receipt: str = Field(examples=["7K3M-9QXA-2B4D-HJ8N"])
    submission_id: str
    campaign: str
    state: State
    state_name: str
    revision: int = Field(description="修改次数")
    received_at: str
    is_signed_off: bool = Field(description="调查组负责人是否已签字确认")


def receipt_fields(receipt: Receipt) -> dict[str, object]:
    """The fields of a ReceiptBody; by hand, since it is on the way of every submission."""
    registration = receipt.registration
    return {
        "receipt": receipt.code,
        "submission_id": registration.submission_id,
        "campaign": registration.campaign,
        "state": registration.state,
        "state_name": STATE_NAMES[registration.state],
        "revision": registration.revision,
        "received_at": registration.received_at,
        "is_signed_off": registration.signed_off_at is not None,
    }


ExpectedRevision = Annotated[
    int | None, Header(alias="If-Match", description="只在修订号仍是这个数时修改", examples=[0])
]


class DirectRoute(APIRoute):
    """A documented route whose endpoint takes the request as it is.

    Working out an endpoint's parameters costs the framework more than taking in a submission costs us.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; another method than the route's is refused as everywhere."""
        if scope["method"] in (self.methods or ()):
            response: Response = await self.endpoint(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await super().handle(scope, receive, send)


def router_of(submitting: Submitting, changing: Changing, *, line_limit_bytes: int) -> APIRouter:
    """The routes of intake."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])

    async def submit(request: Request) -> Response:
        principal = await principal_of(request)
        with counted_refusal(principal):
            outcome, receipt = await submitting.submit(principal, read_form(await request.body()))
        count(principal, [(outcome, receipt)])
        return Response(orjson.dumps(receipt_fields(receipt)), STATUS_OF[outcome], media_type=JSON)

    router.add_api_route(
        "/submissions",
        submit,
        methods=["POST"],
        route_class_override=DirectRoute,
        status_code=201,
        response_model=ReceiptBody,
        responses={200: {"model": ReceiptBody, "description": "重复提交：给出原来的回执"}},
        openapi_extra=SUBMISSION_BODY,
        summary="提交一份访谈",
    )

    @router.post(
        "/submissions:batch",
        openapi_extra=BATCH_BODY,
        summary="批量提交（NDJSON）：逐行给出回执或原因",
        description="每行单独处理，部分成功不影响其余。状态为 503 的行没有被接收，请稍后重发这些行。",
    )
    async def submit_batch(request: Request, principal: CurrentPrincipal) -> StreamingResponse:
        batch = Batch(submitting, principal, line_limit_bytes=line_limit_bytes)
        answers = batch.answers_to(await request.body())
        return StreamingResponse(_lines(principal, answers), media_type=NDJSON)

    @router.get("/receipts/{receipt}", summary="凭回执查询")
    async def look_up(receipt: str, principal: CurrentPrincipal) -> ReceiptBody:
        return _body(await changing.look_up(principal, receipt))

    @router.put(
        "/receipts/{receipt}/submission", openapi_extra=SUBMISSION_BODY, summary="修改：以新内容代替原内容"
    )
    async def amend(
        receipt: str, request: Request, principal: CurrentPrincipal, if_match: ExpectedRevision = None
    ) -> ReceiptBody:
        submission = read_form(await request.body())
        amended = await changing.amend(principal, receipt, submission, expected_revision=if_match)
        return _body(amended)

    @router.post("/receipts/{receipt}:withdraw", summary="撤回：销毁密钥，密封内容从此不可读取")
    async def withdraw(receipt: str, principal: CurrentPrincipal) -> ReceiptBody:
        return _body(await changing.withdraw(principal, receipt))

    @router.post("/receipts/{receipt}:sign-off", summary="签字确认：调查组负责人确认线下访谈记录")
    async def sign_off(receipt: str, principal: CurrentPrincipal) -> ReceiptBody:
        return _body(await changing.sign_off(principal, receipt))

    return router


async def _lines(principal: Principal, answers: AsyncIterator[Sequence[LineAnswer]]) -> AsyncIterator[bytes]:
    async for some in answers:
        count(principal, [answered.answer for answered in some])
        yield b"".join(_line(answered) for answered in some)


def _line(answered: LineAnswer) -> bytes:
    fields = {"line": answered.line, **_line_fields(answered.answer)}
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _line_fields(answer: Answer) -> dict[str, object]:
    if isinstance(answer, DafangtanError):
        return problem_fields(answer)
    outcome, receipt = answer
    return {"status": STATUS_OF[outcome], **receipt_fields(receipt)}


def _body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody.model_validate(receipt_fields(receipt))
