"""The one way to open a sealed field over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.intake.unsealing.opening import Unsealing
from services.intake.unsealing.purpose import Purpose
from shared.http import CurrentPrincipal, body_of, json_body


class UnsealBody(BaseModel):
    """What is to be opened, and what for."""

    fields: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        min_length=1,
        max_length=50,
        description="name、employer、phone、age、interviewer、resident_id、openid、app_id、message，或自由题的题号",
        examples=[["name", "phone"]],
    )
    purpose: Purpose


class UnsealedBody(BaseModel):
    """The opened fields; null where the respondent told nothing."""

    submission_id: str
    revision: int
    fields: dict[str, str | int | None]
    audit_seq: int = Field(description="这次打开在审计链中的序号")


def router_of(unsealing: Unsealing) -> APIRouter:
    """The route of unsealing."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])

    @router.post(
        "/submissions/{submission_id}/unseal",
        openapi_extra=json_body(UnsealBody),
        summary="打开密封字段：须有权限并说明目的，先写审计再打开",
    )
    async def unseal(submission_id: str, request: Request, principal: CurrentPrincipal) -> UnsealedBody:
        body = await body_of(request, UnsealBody)
        opened = await unsealing.unseal(principal, submission_id, fields=body.fields, purpose=body.purpose)
        return UnsealedBody(
            submission_id=submission_id,
            revision=opened.revision,
            fields=dict(opened.fields),
            audit_seq=opened.entry.seq,
        )

    return router
