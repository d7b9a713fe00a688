"""What units owe, as HTTP shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import BaseModel, Field

from services.quota.obligations.looking import UnitOwes
from services.quota.obligations.model import STATUS_NAMES, ObligationStatus, Owed
from shared.campaign import ObligationKind

ROLE_NAMES: Mapping[str, str] = {
    "interviewer": "访问员",
    "team_lead": "调查组负责人",
    "unit_admin": "单位管理员",
    "office": "领导小组办公室",
    "leading_group": "领导小组",
}


class ActorBody(BaseModel):
    """Who is to act."""

    role: str
    name: str


class ObligationBody(BaseModel):
    """One obligation of a unit."""

    kind: ObligationKind
    name: str
    due_on: date
    status: ObligationStatus
    status_name: str
    done: int = Field(description="已完成多少；访谈按所在名额合计")
    target: int = Field(description="应完成多少")
    done_on: date | None = Field(description="全部完成的日期；尚未完成的为空")
    to_act: list[ActorBody] = Field(description="现在须由谁办理；已完成的为空，逾期的加上督促的一方")
    counts: dict[str, int] = Field(
        description="访谈点：open 目前开放、added 其中新设；问卷：questionnaires 总数、paper 其中只有纸质"
    )


class UnitObligationsBody(BaseModel):
    """A unit and all that it owes."""

    unit: str
    name: str
    obligations: list[ObligationBody]


class ObligationsBody(BaseModel):
    """What units owe on a day."""

    campaign: str
    on: date
    units: list[UnitObligationsBody]


def obligations_body(campaign: str, on: date, units: Iterable[UnitOwes]) -> ObligationsBody:
    """All of them."""
    return ObligationsBody(
        campaign=campaign,
        on=on,
        units=[
            UnitObligationsBody(
                unit=each.unit.id, name=each.unit.name, obligations=[_body(owed) for owed in each.owed]
            )
            for each in units
        ],
    )


def _body(owed: Owed) -> ObligationBody:
    done_on = owed.done.on
    return ObligationBody(
        kind=owed.obligation.kind,
        name=owed.obligation.name,
        due_on=owed.obligation.due_on,
        status=owed.status,
        status_name=STATUS_NAMES[owed.status],
        done=owed.done.count,
        target=owed.done.target,
        done_on=None if done_on is None else date.fromisoformat(done_on),
        to_act=[ActorBody(role=role, name=ROLE_NAMES[role]) for role in owed.to_act],
        counts=dict(owed.done.counts),
    )
