"""The HTTP face of the live board."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request, Response

from services.quota.live.boards import Boards
from services.quota.live.content import Board
from services.quota.live.view import View
from shared.http import CurrentPrincipal, EventStream

JSON, EVENTS = "application/json", "text/event-stream"
SMALL_BYTES = 1_400
"""What fits into one packet anyway isn't compressed."""
LARGE_BYTES = 100_000
"""From here on compressing would hold the others up."""
CACHED = {"cache-control": "private, no-cache", "vary": "Authorization, Accept-Encoding"}
"""A browser may keep it, for the one who asked, and asks each time whether it still holds."""
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_CODING = re.compile(r"(?:gzip|x-gzip|\*)\s*(?:;\s*q=(?P<quality>[\d.]+))?", re.IGNORECASE)

IfNoneMatch = Annotated[str | None, Header(description="上次得到的 ETag：没有变化时答复 304")]
LastEventId = Annotated[str, Header(description="断开前收到的最后一个事件的 id：只补发之后的变化")]


def add_live_board(router: APIRouter, boards: Boards) -> None:
    """Add the board in one answer, and its stream."""

    @router.get(
        "/campaigns/{campaign}/board",
        summary="作战图：一次取全，有变化才重发（ETag）",
        response_class=Response,
        responses={
            200: {"content": {JSON: {"schema": _schema()}}, "description": "本人可以看到的部分"},
            304: {"description": "与 If-None-Match 所指的相同"},
        },
    )
    async def board(
        campaign: str,
        principal: CurrentPrincipal,
        request: Request,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        view = await boards.view(principal, campaign)
        is_zipped = len(view.body) > SMALL_BYTES and _takes_gzip(request.headers.get("accept-encoding", ""))
        headers = {"etag": view.etag(is_zipped=is_zipped), **CACHED}
        if if_none_match is not None and _matches(if_none_match, headers["etag"]):
            return Response(None, 304, headers)
        if not is_zipped:
            return Response(view.body, headers=headers, media_type=JSON)
        return Response(await _zipped(view), headers={**headers, "content-encoding": "gzip"}, media_type=JSON)

    @router.get(
        "/campaigns/{campaign}/board/stream",
        summary="作战图的变化：Server-Sent Events",
        response_class=Response,
        responses={200: {"content": {EVENTS: {"schema": {"type": "string"}}}, "description": "持续发送"}},
    )
    async def stream(campaign: str, principal: CurrentPrincipal, last_event_id: LastEventId = "") -> Response:
        listener = await boards.listen(principal, campaign, last_event_id)
        return EventStream(listener, until_s=principal.until_s)


def _schema() -> dict[str, Any]:
    return msgspec.json.schema(Board)


async def _zipped(view: View) -> bytes:
    if len(view.body) < LARGE_BYTES:
        return view.zipped
    return await asyncio.to_thread(lambda: view.zipped)


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: one of those listed, weak or not, or any."""
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)


def _takes_gzip(accept_encoding: str) -> bool:
    """RFC 9110, 12.5.3, for the one encoding that there is."""
    for coding in accept_encoding.split(","):
        if found := _CODING.fullmatch(coding.strip()):
            return float(found["quality"] or 1) > 0
    return False
