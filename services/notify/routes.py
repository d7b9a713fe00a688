"""The HTTP face of notify."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.notify.inbox import Inbox, Notice
from services.notify.mails import Mails, MailStanding
from services.notify.model import DeliveryState
from shared.http import CurrentPrincipal

Cursor = Annotated[str | None, Query(max_length=500, description="上一页给出的游标")]
Unread = Annotated[bool, Query(description="只列出未读的")]


class NoticeBody(BaseModel):
    """A notice in one's inbox."""

    id: str
    campaign: str
    kind: str = Field(examples=["milestone"])
    recipient: str = Field(description="发给谁：role:角色、unit:单位 或 subject:本人")
    subject: str
    body: str
    at: datetime = Field(description="所告知的事情发生的时间")
    is_read: bool


class InboxBody(BaseModel):
    """A page of notices, latest first."""

    notices: list[NoticeBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


class MailBody(BaseModel):
    """How far the delivery of one mail has come. Its text is left out: the inbox has it."""

    id: str
    state: DeliveryState
    reason: str | None = Field(description="没有发出或无法确认的原因")
    attempts: int
    due_at: datetime = Field(description="待发：下次尝试的时间；其余：到达这一状态的时间")
    address: str | None
    subject: str | None


class MailsBody(BaseModel):
    """A page of mails in one state, latest first."""

    mails: list[MailBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


def router_of(inbox: Inbox, mails: Mails) -> APIRouter:
    """The routes of notify."""
    router = APIRouter(prefix="/notify/v1", tags=["notify 通知"])

    @router.get("/inbox", summary="本人的收件箱：发给本人、本人角色和所在单位的通知")
    async def read_inbox(
        principal: CurrentPrincipal, unread: Unread = False, cursor: Cursor = None
    ) -> InboxBody:
        page = await inbox.page(principal, is_unread_only=unread, cursor=cursor)
        return InboxBody(notices=[_notice_body(notice) for notice in page.notices], cursor=page.cursor)

    @router.post("/inbox/{id}:read", summary="标为已读")
    async def mark_read(id: str, principal: CurrentPrincipal) -> NoticeBody:
        return _notice_body(await inbox.mark_read(principal, id))

    @router.get("/mails", summary="某一状态的邮件，供运维人员查看失败和无法确认的邮件")
    async def list_mails(
        principal: CurrentPrincipal, state: DeliveryState, cursor: Cursor = None
    ) -> MailsBody:
        page, following = await mails.page(principal, state, cursor=cursor)
        return MailsBody(mails=[_mail_body(mail) for mail in page], cursor=following)

    return router


def _notice_body(notice: Notice) -> NoticeBody:
    entry = notice.entry
    return NoticeBody(
        id=entry.notice_id,
        campaign=entry.campaign,
        kind=entry.kind,
        recipient=entry.recipient,
        subject=entry.subject,
        body=entry.body,
        at=datetime.fromisoformat(entry.at),
        is_read=notice.is_read,
    )


def _mail_body(standing: MailStanding) -> MailBody:
    delivery, mail = standing.delivery, standing.mail
    return MailBody(
        id=delivery.notice_id,
        state=delivery.state,
        reason=delivery.reason or None,
        attempts=delivery.attempts_count,
        due_at=delivery.due_at,
        address=None if mail is None else mail.address,
        subject=None if mail is None else mail.subject,
    )
