"""Opening the attachments of submissions over HTTP: role, purpose, audit entry, and only then the key."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.routes import AttachmentBody, body_of_attachment, streamed
from services.intake.routes import ANY_FILE
from services.intake.unsealing.opening import Unsealing
from services.intake.unsealing.purpose import Purpose
from shared.http import CurrentPrincipal


class OpeningBody(BaseModel):
    """What attachments are opened for."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose


class NamedBody(AttachmentBody):
    """An attachment and what it is called."""

    filename: str


class NamedListBody(BaseModel):
    """Every whole attachment, oldest first."""

    attachments: list[NamedBody]
    audit_seq: int = Field(description="这次打开在审计链中的序号")


def opening_router_of(attachments: Attachments, unsealing: Unsealing) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/intake/v1/submissions/{submission_id}/attachments", tags=["intake 接收"])

    @router.post("/unseal", summary="附件清单及文件名：须有权限并说明目的，先写审计再打开")
    async def names(submission_id: str, why: OpeningBody, principal: CurrentPrincipal) -> NamedListBody:
        entry, registration = await unsealing.permit(
            principal, submission_id, fields=["attachments"], purpose=why.purpose
        )
        named = await attachments.named(registration, audited=entry)
        bodies = [NamedBody(**dict(body_of_attachment(each)), filename=name) for each, name in named]
        return NamedListBody(attachments=bodies, audit_seq=entry.seq)

    @router.post(
        "/{attachment_id}/unseal",
        response_class=StreamingResponse,
        responses=ANY_FILE,
        summary="打开附件：须有权限并说明目的，先写审计再打开",
    )
    async def unseal(
        submission_id: str, attachment_id: str, why: OpeningBody, principal: CurrentPrincipal
    ) -> StreamingResponse:
        entry, registration = await unsealing.permit(
            principal, submission_id, fields=[f"attachment/{attachment_id}"], purpose=why.purpose
        )
        return streamed(await attachments.read(registration, attachment_id, audited=entry))

    return router
