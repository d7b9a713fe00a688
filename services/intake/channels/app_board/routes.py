"""The HTTP face of the message board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.intake.channels.app_board import store
from services.intake.channels.app_board.model import Post, ReplyText, Thread
from services.intake.channels.app_board.posting import Posting
from services.intake.channels.app_board.replying import Replying
from services.intake.channels.app_board.signing import (
    KEY_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Message,
)
from services.intake.channels.app_board.telling import REPLIES_AT_ONCE, Telling
from services.intake.channels.app_board.verifying import Verifying
from services.intake.counting import CountedRefusal, count
from services.intake.limiting import Buckets
from services.intake.routes import STATUS_OF, ReceiptBody, receipt_fields
from shared.access import Principal
from shared.http import CurrentPrincipal, body_of, json_body
from shared.problems import parse

LARGEST_CURSOR = 2**53
SIGNED: Mapping[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
        for name, what in (
            (KEY_HEADER, "签名密钥的编号"),
            (TIMESTAMP_HEADER, "Unix 时间（秒），与服务器相差不超过 300 秒"),
            (NONCE_HEADER, "每个请求不同的随机串，16 至 64 位"),
            (
                SIGNATURE_HEADER,
                "五行内容的 HMAC-SHA256：方法、路径（含查询串）、时间戳、nonce、请求体的 SHA-256",
            ),
        )
    ]
}
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, description="重发同一条回复时用同一个值"),
]


class PostedBody(ReceiptBody):
    """The receipt of a post, and the thread that it stands in."""

    thread: str


class ToldReplyBody(BaseModel):
    """One reply, as it is asked for and as it is delivered to a webhook."""

    reply_id: str = Field(description="回复的编号：重复送达时不变")
    cursor: str
    campaign: str
    thread: str
    submission_id: str = Field(description="所回复留言的提交编号")
    post_id: str | None = Field(description="所回复留言在 APP 中的编号；留言已撤回时为 null")
    text: str | None = Field(description="回复内容；留言已撤回时为 null")
    replied_at: str
    is_withdrawn: bool


class RepliesBody(BaseModel):
    """Some replies, oldest first."""

    replies: list[ToldReplyBody]
    cursor: str = Field(description="下次查询用的 after")
    has_more: bool


class ThreadBody(BaseModel):
    """What the staff sees of a thread without opening anything."""

    thread: str
    unit: str
    post_count: int
    reply_count: int
    last_post_at: str
    is_waiting: bool = Field(description="最近的留言是否还没有回复")


class ThreadsBody(BaseModel):
    """A page of threads, the longest waiting first."""

    threads: list[ThreadBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


class ThreadPostBody(BaseModel):
    """A post of a thread; what it says is sealed."""

    submission_id: str
    posted_at: str
    received_at: str


class ThreadWithPostsBody(ThreadBody):
    """A thread and its posts, the latest first."""

    posts: list[ThreadPostBody]


class ReplyBody(BaseModel):
    """A reply that was made."""

    reply_id: str
    thread: str
    answers: str = Field(description="所回复留言的提交编号")
    replied_at: str


def router_of(
    verifying: Verifying, posting: Posting, telling: Telling, replying: Replying, uploads: Buckets
) -> APIRouter:
    """The routes of the board. ``uploads`` limits, in bytes, what each signer brings."""
    router = APIRouter(prefix="/intake/v1/app/{campaign}", tags=["intake 接收：APP 留言板"])

    async def signer_of(request: Request) -> Principal:
        message = Message(request.method, _target(request), await request.body())
        return await verifying.principal_of(request.headers, message)

    @router.post(
        "/posts",
        status_code=201,
        responses={200: {"model": PostedBody, "description": "重复发送：给出原来的回执"}},
        openapi_extra={**SIGNED, **json_body(Post)},
        summary="一条留言（APP 后台签名）",
    )
    async def post(campaign: str, request: Request, response: Response) -> PostedBody:
        principal = await signer_of(request)
        with CountedRefusal(principal):
            uploads.take_upload(principal.subject, len(await request.body()))
            posted = await posting.post(principal, campaign, parse(await request.body(), Post))
        count(principal, [(posted.outcome, posted.receipt)])
        response.status_code = STATUS_OF[posted.outcome]
        return PostedBody.model_validate({**receipt_fields(posted.receipt), "thread": posted.thread})

    @router.get("/replies", openapi_extra=dict(SIGNED), summary="查询工会的回复（APP 后台签名）")
    async def replies(
        campaign: str,
        request: Request,
        after: Annotated[int, Query(ge=0, le=LARGEST_CURSOR, description="上次得到的 cursor")] = 0,
    ) -> RepliesBody:
        told = await telling.asked(await signer_of(request), campaign, after=after)
        return RepliesBody(
            replies=[ToldReplyBody.model_validate(each, from_attributes=True) for each in told],
            cursor=told[-1].cursor if told else str(after),
            has_more=len(told) == REPLIES_AT_ONCE,
        )

    @router.get("/threads", summary="待回复（或已回复）的话题：办公室可见全部，单位管理员可见本单位的")
    async def threads(
        campaign: str,
        principal: CurrentPrincipal,
        is_waiting: bool = True,
        cursor: Annotated[str | None, Query(description="上一页给出的游标")] = None,
    ) -> ThreadsBody:
        page = await replying.threads(principal, campaign, is_waiting=is_waiting, cursor=cursor)
        found = [_thread(each.id, store.thread_of(each)) for each in page.documents]
        return ThreadsBody(threads=found, cursor=page.cursor)

    @router.get("/threads/{thread}", summary="一个话题和其中的留言（不含内容）")
    async def thread(campaign: str, thread: str, principal: CurrentPrincipal) -> ThreadWithPostsBody:
        found, posts = await replying.thread(principal, campaign, thread)
        shown = [
            ThreadPostBody(submission_id=id, posted_at=each.posted_at, received_at=each.received_at)
            for id, each in posts.items()
        ]
        return ThreadWithPostsBody(**_thread(thread, found).model_dump(), posts=shown)

    @router.post(
        "/threads/{thread}/replies",
        status_code=201,
        openapi_extra=json_body(ReplyText),
        summary="回复一个话题：办公室，或本单位管理员",
    )
    async def reply(
        campaign: str, thread: str, request: Request, principal: CurrentPrincipal, key: IdempotencyKey = None
    ) -> ReplyBody:
        text = await body_of(request, ReplyText)
        id, made = await replying.reply(principal, campaign, thread, text, key=key)
        return ReplyBody(reply_id=id, thread=made.thread, answers=made.answers, replied_at=made.replied_at)

    return router


def _thread(id: str, thread: Thread) -> ThreadBody:
    return ThreadBody(
        thread=id,
        unit=thread.unit,
        post_count=thread.post_count,
        reply_count=thread.reply_count,
        last_post_at=thread.last_post_at,
        is_waiting=thread.is_waiting,
    )


def _target(request: Request) -> str:
    """Path and query as they stand in the request line."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
