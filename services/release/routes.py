"""The HTTP face of release."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.release.handlers import GrantDesk
from services.release.model import STATE_NAMES, GrantAction, GrantState, Use, UseGrant
from services.release.requests import normal_use
from shared.events import rfc3339
from shared.http import CurrentPrincipal
from shared.moments import Moment
from shared.platform import Clock

Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Name], Field(max_length=1000)]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, description="重发同一申请时用同一个值"),
]
Cursor = Annotated[str | None, Query(description="上一页给出的游标")]


class GrantRequest(BaseModel):
    """A wish to use data."""

    model_config = ConfigDict(extra="forbid")

    campaign: Name
    units: Names = Field(description='责任单位的编号，或 ["*"] 表示全部', examples=[["zhangjiagang"]])
    variables: Names = Field(description='变量名，或 ["*"] 表示全部', examples=[["age_band", "general.q01"]])
    purpose: str = Field(max_length=2000, description="用途，10 至 500 字")
    until: Moment = Field(description="使用期限")

    def use(self) -> Use:
        """The use that is asked for."""
        return normal_use(self.campaign, self.units, self.variables, self.purpose, self.until)


class Reasoned(BaseModel):
    """A decision that has to be explained."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=500, description="理由，申请人会看到")


class DecisionBody(BaseModel):
    """One thing that was decided. Times are RFC 3339 in UTC."""

    action: GrantAction
    by: str
    at: str
    reason: str | None


class GrantBody(BaseModel):
    """A use grant as it stands. Times are RFC 3339 in UTC."""

    id: str
    campaign: str
    units: list[str]
    variables: list[str]
    purpose: str
    until: str
    requested_by: str
    requested_at: str
    state: GrantState
    state_name: str
    is_in_force: bool = Field(description="现在是否可以据此使用数据")
    decisions: list[DecisionBody]


class GrantsBody(BaseModel):
    """A page of grants, latest request first."""

    grants: list[GrantBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


class AuditEntryBody(BaseModel):
    """One thing that was done; each entry holds the hash of the one before it."""

    seq: int
    previous: str
    time: str
    actor: dict[str, str]
    action: str
    resource: dict[str, str]
    details: dict[str, str | int | bool | list[str] | None]
    hash: str


class AuditBody(BaseModel):
    """A page of the audit trail, oldest first."""

    entries: list[AuditEntryBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


def router_of(desk: GrantDesk, clock: Clock) -> APIRouter:
    """The routes of release."""
    router = APIRouter(prefix="/release/v1", tags=["release 数据使用审批"])

    @router.post(
        "/grants",
        status_code=201,
        responses={200: {"model": GrantBody, "description": "重复申请：给出原来的申请"}},
        summary="申请使用数据",
    )
    async def request(
        wish: GrantRequest, principal: CurrentPrincipal, response: Response, key: IdempotencyKey = None
    ) -> GrantBody:
        requested = await desk.request(principal, wish.use(), idempotency_key=key)
        response.status_code = 201 if requested.is_new else 200
        return _body(requested.grant, clock())

    @router.get("/grants", summary="列出申请：本人的；领导小组及其办公室可见全部")
    async def grants(
        principal: CurrentPrincipal, state: GrantState | None = None, cursor: Cursor = None
    ) -> GrantsBody:
        page = await desk.grants(principal, state=state, cursor=cursor)
        now = clock()
        return GrantsBody(grants=[_body(grant, now) for grant in page.grants], cursor=page.cursor)

    @router.get("/grants/{id}", summary="查看一项申请")
    async def grant(id: str, principal: CurrentPrincipal) -> GrantBody:
        return _body(await desk.grant(principal, id), clock())

    @router.post("/grants/{id}:approve", summary="批准：领导小组成员，不能是申请人本人")
    async def approve(id: str, principal: CurrentPrincipal) -> GrantBody:
        return _body(await desk.decide(principal, id, GrantAction.APPROVE), clock())

    @router.post("/grants/{id}:refuse", summary="不批准：领导小组成员，不能是申请人本人")
    async def refuse(id: str, why: Reasoned, principal: CurrentPrincipal) -> GrantBody:
        return _body(await desk.decide(principal, id, GrantAction.REFUSE, reason=why.reason), clock())

    @router.post("/grants/{id}:revoke", summary="收回批准：领导小组成员")
    async def revoke(id: str, why: Reasoned, principal: CurrentPrincipal) -> GrantBody:
        return _body(await desk.decide(principal, id, GrantAction.REVOKE, reason=why.reason), clock())

    @router.post("/grants/{id}:cancel", summary="撤销申请：申请人本人，批准之前")
    async def cancel(id: str, principal: CurrentPrincipal) -> GrantBody:
        return _body(await desk.decide(principal, id, GrantAction.CANCEL), clock())

    @router.get("/audit", summary="审计记录")
    async def audit(principal: CurrentPrincipal, cursor: Cursor = None) -> AuditBody:
        entries, following = await desk.audit_page(principal, cursor=cursor)
        bodies = [AuditEntryBody.model_validate(entry, from_attributes=True) for entry in entries]
        return AuditBody(entries=bodies, cursor=following)

    return router


def _body(grant: UseGrant, now: datetime) -> GrantBody:
    return GrantBody(
        id=grant.id,
        campaign=grant.use.campaign,
        units=list(grant.use.units),
        variables=list(grant.use.variables),
        purpose=grant.use.purpose,
        until=rfc3339(grant.use.until),
        requested_by=grant.requested_by,
        requested_at=rfc3339(grant.requested_at),
        state=grant.state,
        state_name=STATE_NAMES[grant.state],
        is_in_force=grant.is_in_force(now),
        decisions=[
            DecisionBody(action=d.action, by=d.by, at=rfc3339(d.at), reason=d.reason or None)
            for d in grant.decisions
        ],
    )
