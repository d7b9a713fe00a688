"""The HTTP face of arrivals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake.arrivals.answering import ARRIVAL_NAMES, MOST_IDS, Arrival, Arrivals, Asked
from services.intake.routes import ReceiptBody, receipt_fields
from shared.http import CurrentPrincipal

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Question(BaseModel):
    """Ids of one channel's forms, as the client gave them."""

    model_config = ConfigDict(extra="forbid")

    campaign: Name
    channel: Name
    source_ids: Annotated[list[Name], Field(min_length=1, max_length=MOST_IDS)]


class ArrivalBody(BaseModel):
    """What is known of one id."""

    source_id: str
    arrival: Arrival = Field(
        description="arrived 已收到；not_arrived 没有收到；unknown 尚不能确认。后两种请（重新）发送"
    )
    arrival_name: str
    receipt: ReceiptBody | None = Field(None, description="已收到的回执")


class ArrivalsBody(BaseModel):
    """An answer for each id, in the order of the question; an id that was named twice is answered once."""

    answers: list[ArrivalBody]


def router_of(arrivals: Arrivals) -> APIRouter:
    """The routes of arrivals."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])

    @router.post(
        "/submissions:arrived",
        summary="查询哪些编号已收到：渠道自己的，或访问员本单位的",
        description="离线排队的客户端据此只重发缺少的。重发总是安全的：已收到的会得到原来的回执。",
    )
    async def arrived(question: Question, principal: CurrentPrincipal) -> ArrivalsBody:
        asked = await arrivals.of(principal, question.campaign, question.channel, question.source_ids)
        return ArrivalsBody(answers=[_body(each) for each in asked])

    return router


def _body(asked: Asked) -> ArrivalBody:
    receipt = None if asked.receipt is None else ReceiptBody.model_validate(receipt_fields(asked.receipt))
    return ArrivalBody(
        source_id=asked.source_id,
        arrival=asked.arrival,
        arrival_name=ARRIVAL_NAMES[asked.arrival],
        receipt=receipt,
    )
