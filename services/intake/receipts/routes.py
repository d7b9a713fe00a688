"""The HTTP face of receipts: for channels and staff with a token, and for everybody who holds a code."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.intake.receipts.asking import Asking, Told, ToldAll
from services.intake.receipts.standing import STANDING_NAMES, Standing
from services.intake.routes import ReceiptBody, receipt_fields
from shared.http import body_of, json_body, principal_of


class LookedUpBody(ReceiptBody):
    """A receipt, and what became of its submission so far."""

    standing: Standing
    standing_name: str


class StandingBody(BaseModel):
    """What whoever holds the code is told."""

    receipt: str
    standing: Standing
    standing_name: str
    received_at: str


class AnswerBody(StandingBody):
    """The same, and what was answered, for the respondent."""

    answer: str | None = Field(description="答复内容；还没有答复，或没有写下答复时为 null")
    answered_at: str | None


class CodeBody(BaseModel):
    """Shows that the respondent asks."""

    code: str = Field(max_length=64, description="撤回码：提交时与回执号一同告知", examples=["5TQ2-8YHN"])


def router_of(asking: Asking) -> APIRouter:
    """The routes of receipts."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])

    @router.get(
        "/receipts/{receipt}",
        summary="凭回执号查询进展：受访者无需令牌；渠道和工作人员带令牌，所见更多",
        response_model_exclude_none=True,
    )
    async def look_up(receipt: str, request: Request) -> LookedUpBody | StandingBody:
        if "authorization" not in request.headers:
            return _public(await asking.look_up_as_holder(_client(request), receipt))
        told = await asking.look_up(await principal_of(request), receipt)
        return LookedUpBody.model_validate({**receipt_fields(told.receipt), **_standing(told)})

    @router.post(
        "/public/receipts/{receipt}:answer",
        openapi_extra=json_body(CodeBody),
        summary="受访者凭回执号和撤回码查看答复（无需令牌）",
    )
    async def answer(receipt: str, request: Request) -> AnswerBody:
        body = await body_of(request, CodeBody)
        return _answered(await asking.answer_to_respondent(_client(request), receipt, body.code))

    @router.post(
        "/public/receipts/{receipt}:withdraw",
        openapi_extra=json_body(CodeBody),
        summary="受访者凭回执号和撤回码撤回（无需令牌）：密封内容从此不可读取",
    )
    async def withdraw_as_holder(receipt: str, request: Request) -> StandingBody:
        body = await body_of(request, CodeBody)
        return _public(await asking.withdraw_as_holder(_client(request), receipt, body.code))

    return router


def _client(request: Request) -> str:
    """The address that asks; behind a proxy, the one that a trusted proxy tells (FORWARDED_ALLOW_IPS)."""
    return request.client.host if request.client is not None else ""


def _public(told: Told) -> StandingBody:
    registration = told.receipt.registration
    return StandingBody.model_validate(
        {"receipt": told.receipt.code, "received_at": registration.received_at, **_standing(told)}
    )


def _answered(told: ToldAll) -> AnswerBody:
    text, at = (None, None) if told.answer is None else (told.answer.text, told.answer.at)
    return AnswerBody(**_public(told.told).model_dump(), answer=text, answered_at=at)


def _standing(told: Told) -> dict[str, object]:
    return {"standing": told.standing, "standing_name": STANDING_NAMES[told.standing]}
