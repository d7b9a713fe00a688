"""The HTTP face of intake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.intake.batches import Batch, LineAnswer
from services.intake.changing import Changing
from services.intake.channels.cloud_events import POSTED, submissions_in
from services.intake.counting import CountedRefusal, count
from services.intake.form import read_form
from services.intake.handlers import Answer, Submitting
from services.intake.limiting import Buckets
from services.intake.model import STATE_NAMES, Outcome, Receipt, State, Submission
from services.intake.obligations.bodies import ReportBody
from services.intake.obligations.reports import TOLD
from services.intake.obligations.routes import AnswerReports
from services.intake.quarantine.json_forms import JsonForms
from shared.access import Principal
from shared.errors import DafangtanError, Invalid
from shared.events.cloud_events import BATCHED, STRUCTURED, Mode, read_http
from shared.http import CurrentPrincipal, DirectRoute, LimitedBody, json_body, principal_of, problem_fields

_BRINGING = ("POST", "PUT", "PATCH")
STATUS_OF = {Outcome.ACCEPTED: 201, Outcome.REPEAT: 200}
JSON = "application/json"
NDJSON = "application/x-ndjson"
ANY_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
}
"""What answers with a file of whatever type it has."""
SUBMISSION_BODY = json_body(Submission)
BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string", "description": "每行一份提交（JSON）"}}},
    }
}

EVENTS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": Submission.model_json_schema()},
            STRUCTURED: {"schema": {"type": "object"}},
            BATCHED: {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


def take_upload(uploads: Buckets, subject: str, request: Request) -> None:
    """Take what ``request`` brings from the bucket of ``subject``. Raises TooMany.

    Who doesn't say beforehand how much comes counts as bringing as much as is allowed, until all of it came.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal():
        uploads.take_upload(subject, int(told))
        return
    body: LimitedBody = request.state.body
    uploads.take_upload(subject, body.limit_bytes)
    body.when_complete(partial(uploads.settle_upload, subject, body.limit_bytes))


def upload_limit(uploads: Buckets) -> Dependency:
    """A dependency of routes (or of a whole router): what a caller with a token or key brings is taken from their
    bucket of ``uploads``; where it hasn't so much, the answer is 429.

    By hand it is taken where a dependency can't be: a DirectRoute has none, and who signs a post or signs in with
    Digest isn't known by a token or key.
    """

    async def take(request: Request, principal: CurrentPrincipal) -> None:
        if request.method in _BRINGING and _brings_something(request):
            take_upload(uploads, principal.subject, request)

    dependency: Dependency = Depends(take)
    return dependency


def _brings_something(request: Request) -> bool:
    return any(name in request.headers for name in ("content-length", "transfer-encoding"))


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
    withdrawal_code: str | None = Field(
        None, examples=["5TQ2-8YHN"], description="撤回码：只在提交时告知，请与回执号一并转交受访者本人"
    )


def receipt_fields(receipt: Receipt) -> dict[str, object]:
    """The fields of a ReceiptBody; by hand, since it is on the way of every submission."""
    registration = receipt.registration
    fields: dict[str, object] = {
        "receipt": receipt.code,
        "submission_id": registration.submission_id,
        "campaign": registration.campaign,
        "state": registration.state,
        "state_name": STATE_NAMES[registration.state],
        "revision": registration.revision,
        "received_at": registration.received_at,
        "is_signed_off": registration.signed_off_at is not None,
    }
    if receipt.withdrawal_code is not None:
        fields["withdrawal_code"] = receipt.withdrawal_code
    return fields


ExpectedRevision = Annotated[
    int | None, Header(alias="If-Match", description="只在修订号仍是这个数时修改", examples=[0])
]


def router_of(
    submitting: Submitting,
    changing: Changing,
    json_forms: JsonForms,
    uploads: Buckets,
    answer_reports: AnswerReports,
    *,
    line_limit_bytes: int,
    upload_limit: Dependency,
) -> APIRouter:
    """The routes of intake. ``uploads`` limits, in bytes, what each sender brings, here as at other doors
    (``upload_limit``)."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])
    _add_submissions(router, submitting, json_forms, uploads, answer_reports, line_limit_bytes)
    _add_receipts(router, changing, upload_limit)
    return router


def _add_submissions(
    router: APIRouter,
    submitting: Submitting,
    json_forms: JsonForms,
    uploads: Buckets,
    answer_reports: AnswerReports,
    line_limit_bytes: int,
) -> None:
    async def take(principal: Principal, body: bytes) -> Response:
        with CountedRefusal(principal):
            uploads.take_upload(principal.subject, len(body))
            try:
                outcome, receipt = await submitting.submit(principal, read_form(body))
            except Invalid as error:
                raise await json_forms.keep(principal, body, error) from None
        count(principal, [(outcome, receipt)])
        return Response(orjson.dumps(receipt_fields(receipt)), STATUS_OF[outcome], media_type=JSON)

    def take_many(principal: Principal, body: bytes) -> Response:
        with CountedRefusal(principal):
            uploads.take_upload(principal.subject, len(body))
        batch = Batch(submitting, json_forms, principal, line_limit_bytes=line_limit_bytes)
        return StreamingResponse(_lines(principal, batch.answers_to(body)), media_type=NDJSON)

    async def submit(request: Request) -> Response:
        return await take(await principal_of(request), await request.body())

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
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {}}, "description": "每行一个结果：回执或原因"}},
        openapi_extra=BATCH_BODY,
        summary="批量提交（NDJSON）：逐行给出回执或原因",
        description="每行单独处理，部分成功不影响其余。状态为 503 的行没有被接收，请稍后重发这些行。",
    )
    async def submit_batch(request: Request, principal: CurrentPrincipal) -> Response:
        return take_many(principal, await request.body())

    @router.post(
        "/events",
        status_code=201,
        response_model=ReceiptBody | ReportBody,
        responses={
            200: {
                "model": ReceiptBody | ReportBody,
                "content": {NDJSON: {}},
                "description": "重复提交的原回执；成批时逐行给出回执或原因（NDJSON，行号即事件的次序）",
            }
        },
        openapi_extra=EVENTS_BODY,
        summary=f"以 CloudEvents 提交（{POSTED}）：二进制、结构化和成批三种方式",
        description=f"也接收访谈要点报告已交的事件（{TOLD}）；一次请求中的事件须为同一类型。",
    )
    async def submit_events(request: Request, principal: CurrentPrincipal) -> Response:
        body = await request.body()
        mode, events = read_http(request.headers.items(), body)
        if events and events[0].text("type") == TOLD:
            uploads.take_upload(principal.subject, len(body))
            return await answer_reports(principal, mode, events)
        submissions = submissions_in(mode, events)
        if mode is Mode.BATCHED:
            return take_many(principal, b"\n".join(submissions))
        return await take(principal, submissions[0])


def _add_receipts(router: APIRouter, changing: Changing, upload_limit: Dependency) -> None:
    @router.put(
        "/receipts/{receipt}/submission",
        openapi_extra=SUBMISSION_BODY,
        dependencies=[upload_limit],
        summary="修改：以新内容代替原内容",
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
