"""An activity as it is posted, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.activities.model import Kind
from services.intake.checking import no_such_point
from shared.campaign import Campaign
from shared.errors import FieldProblem
from shared.privacy.redaction import find_details
from shared.privacy.redaction_forms import ADDRESS

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


class ActivityForm(BaseModel):
    """One activity of a unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: Text
    unit: Text
    source_id: Text = Field(description="登记方自己的编号，一项活动一个，不重复使用")
    kind: Kind = Field(description="visit 走访企事业单位，meeting 座谈会，other 其他")
    held_on: date
    people_count: int = Field(ge=0, le=100_000, description="走访中访谈的职工数，或参加座谈、活动的人数")
    firm: Text | None = Field(None, description="走访的单位，走访必填；只留在接收端")
    point: Text | None = Field(None, description="访谈点编号")
    way_of_working: Label | None = Field(
        None, description="工作方式，如 1+3+N、网格走访、行业工会、职工驿站；不要写个人信息"
    )


def problems_of(form: ActivityForm, campaign: Campaign, today: date) -> Iterator[FieldProblem]:
    """Everything that is wrong with ``form``, each with its field and what is allowed."""
    if form.unit not in campaign.units:
        yield FieldProblem("unit", f"没有这样的责任单位，应为 {'、'.join(campaign.units)} 之一")
    point = campaign.points.get(form.point or "")
    if form.point is not None and (point is None or point.unit != form.unit):
        yield no_such_point(campaign, form.unit)
    if not campaign.starts_on <= form.held_on <= today:
        yield FieldProblem("held_on", f"应在活动开始（{campaign.starts_on}）之后，且不晚于今天")
    if form.kind is Kind.VISIT and form.firm is None:
        yield FieldProblem("firm", "走访须写明单位")
    if form.kind is Kind.MEETING and not form.people_count:
        yield FieldProblem("people_count", "座谈会须有参加人数")
    for field, text in (("firm", form.firm), ("way_of_working", form.way_of_working)):
        if text is not None and names_somebody(text):
            yield FieldProblem(field, "似有个人信息（姓名、电话、证件号等），请去掉")


def names_somebody(text: str) -> bool:
    """Whether ``text`` holds a person's details; an address is a place's, too."""
    return any(span.placeholder != ADDRESS for span in find_details(text))
