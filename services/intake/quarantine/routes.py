"""The HTTP face of the quarantine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.intake.quarantine.listing import Listing
from services.intake.quarantine.model import REASON_NAMES, STATE_NAMES, Item, ItemState, Reason
from services.intake.quarantine.replaying import Replaying
from shared.http import CurrentPrincipal, body_of


class ItemBody(BaseModel):
    """The facts of an item; its content is sealed and shown to nobody."""

    id: str
    campaign: str
    channel: str
    adapter: str = Field(description="由哪种接口送来：json、openrosa、excel、wechat 等")
    reason: Reason
    reason_name: str
    detail: str = Field(description="最近一次未能接收的原因")
    state: ItemState
    state_name: str
    kept_at: str
    size_bytes: int
    tries_count: int = Field(description="重放次数")
    tried_at: str | None
    receipt: str | None = Field(description="重放成功后的回执号；整份文件没有，其中各行各有回执")


class ItemPage(BaseModel):
    """Some items, oldest first; ``cursor`` continues after them."""

    items: list[ItemBody]
    cursor: str | None


class DiscardBody(BaseModel):
    """Why an item is nobody's answer."""

    reason: str = Field(min_length=4, max_length=500)


def router_of(listing: Listing, replaying: Replaying) -> APIRouter:
    """The routes of the quarantine."""
    router = APIRouter(prefix="/intake/v1/quarantine", tags=["intake 接收"])

    @router.get("", summary="隔离区：未能接收而封存待处理的原始提交（只列事实，不含内容）")
    async def list_items(
        principal: CurrentPrincipal,
        campaign: str,
        reason: Reason | None = None,
        state: ItemState = ItemState.WAITING,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> ItemPage:
        items, following = await listing.page(
            principal, campaign, state=state, reason=reason, cursor=cursor, limit=limit
        )
        return ItemPage(items=[_body(item) for item in items], cursor=following)

    @router.post("/{id}:replay", summary="重放：把原始提交交给原来的接口再接收一次")
    async def replay(id: str, principal: CurrentPrincipal) -> ItemBody:
        return _body(await replaying.replay(principal, id))

    @router.post("/{id}:discard", summary="弃置：销毁这一件，须说明理由")
    async def discard(id: str, request: Request, principal: CurrentPrincipal) -> ItemBody:
        body = await body_of(request, DiscardBody)
        return _body(await replaying.discard(principal, id, body.reason))

    return router


def _body(item: Item) -> ItemBody:
    return ItemBody(
        id=item.id,
        campaign=item.campaign,
        channel=item.channel,
        adapter=item.adapter,
        reason=item.reason,
        reason_name=REASON_NAMES[item.reason],
        detail=item.detail,
        state=item.state,
        state_name=STATE_NAMES[item.state],
        kept_at=item.kept_at,
        size_bytes=item.size_bytes,
        tries_count=item.tries_count,
        tried_at=item.tried_at,
        receipt=item.receipt,
    )
