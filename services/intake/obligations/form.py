"""What units post of their obligations, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.activities.form import names_somebody
from services.intake.unsealing.purpose import Purpose
from shared.campaign import Campaign, Obligation, Unit
from shared.errors import FieldProblem

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Telephone = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9+()（）\- ]{5,30}$", max_length=30)
]
Mail = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)
]
Role = Annotated[str, StringConstraints(min_length=1, max_length=40)]
LIKE_A_DIGEST = r"^[0-9a-f]{64}$"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ContactLine(_Strict):
    """A line of the table of contacts (annex 2 of the plan). All of it is sealed."""

    name: Text = Field(description="姓名")
    post: Text = Field(description="单位及职务")
    mobile: Telephone = Field(description="手机", examples=["13800000000"])
    office_phone: Telephone | None = Field(None, description="办公电话")
    mail: Mail | None = Field(None, description="邮箱")


class ContactsForm(_Strict):
    """The table of contacts."""

    contacts: Annotated[dict[Role, ContactLine], Field(min_length=1, max_length=20)] = Field(
        description="按角色：leader 分管领导，person_in_charge 具体负责人（以活动定义为准）"
    )


class PointForm(_Strict):
    """An interview point that was set up: one of the definition, or a new one."""

    point: Text | None = Field(None, description="活动定义中本单位的访谈点编号；新设的不填")
    name: Text | None = Field(None, description="新设访谈点的名称")
    kind: Text | None = Field(None, description="新设访谈点的类别，如 town、firm、dormitory、station")
    address: Text | None = Field(None, description="新设访谈点的地址；只留在接收端")
    set_up_on: date = Field(description="设立的日期")


class ClosingForm(_Strict):
    """From when on a point is closed."""

    closed_on: date = Field(description="从这一天起不再访谈")


class TotalsForm(_Strict):
    """The unit's questionnaires, totalled."""

    totalled_on: date = Field(description="汇总完成的日期")
    questionnaires_count: int = Field(ge=0, le=10_000_000, description="汇总的问卷总数")
    paper_count: int = Field(ge=0, le=10_000_000, description="其中只有纸质、没有录入系统的份数")


class ReportForm(_Strict):
    """The key-points report that was handed in."""

    handed_in_on: date = Field(description="交来的日期；更正报告时照写首次交来的日期")
    sha256: Annotated[str, StringConstraints(pattern=LIKE_A_DIGEST)] | None = Field(
        None, description="报告文件的 SHA-256（64 位十六进制），用来认定是哪一份文件"
    )


class ReportEventForm(ReportForm):
    """The data of an event that tells of a report handed in."""

    campaign: Text
    unit: Text


class Opening(_Strict):
    """What the table of contacts is opened for."""

    purpose: Annotated[Purpose, Field(examples=["通知各单位具体负责人召开碰头会"])]


def contacts_problems(form: ContactsForm, owed: Obligation) -> Iterator[FieldProblem]:
    """Roles that the definition doesn't know."""
    for role in form.contacts:
        if role not in owed.contact_roles:
            allowed = "、".join(f"{id}（{name}）" for id, name in owed.contact_roles.items())
            yield FieldProblem(f"contacts.{role}", f"没有这样的角色，应为 {allowed} 之一")


def point_problems(form: PointForm, campaign: Campaign, unit: Unit, today: date) -> Iterator[FieldProblem]:
    """Everything that is wrong with a point, each with its field and what is allowed."""
    if form.set_up_on > today:
        yield FieldProblem("set_up_on", "不能晚于今天")
    if form.point is not None:
        yield from _defined_point_problems(form, unit)
    else:
        yield from _new_point_problems(form, campaign)


def _defined_point_problems(form: PointForm, unit: Unit) -> Iterator[FieldProblem]:
    if form.point not in {point.id for point in unit.points}:
        yield FieldProblem("point", f"应为责任单位“{unit.id}”下的访谈点编号；新设的访谈点不填这一项")
    for field in ("name", "kind", "address"):
        if getattr(form, field) is not None:
            yield FieldProblem(field, "只用于新设的访谈点；活动定义中的访谈点不填这一项")


def _new_point_problems(form: PointForm, campaign: Campaign) -> Iterator[FieldProblem]:
    if form.name is None:
        yield FieldProblem("name", "新设的访谈点须有名称；活动定义中的访谈点须填 point")
    if form.kind not in campaign.point_kinds:
        kinds = "、".join(f"{id}（{name}）" for id, name in campaign.point_kinds.items())
        yield FieldProblem("kind", f"应为 {kinds} 之一")
    for field in ("name", "address"):
        text = getattr(form, field)
        if text is not None and names_somebody(text):
            yield FieldProblem(field, "似有个人信息（姓名、电话、证件号等），请去掉")


def totals_problems(form: TotalsForm, campaign: Campaign, today: date) -> Iterator[FieldProblem]:
    """Everything that is wrong with totals."""
    yield from _day_problems("totalled_on", form.totalled_on, campaign, today)
    if form.paper_count > form.questionnaires_count:
        yield FieldProblem("paper_count", f"不能多于问卷总数（{form.questionnaires_count}）")


def report_problems(form: ReportForm, campaign: Campaign, today: date) -> Iterator[FieldProblem]:
    """Everything that is wrong with a report."""
    yield from _day_problems("handed_in_on", form.handed_in_on, campaign, today)


def _day_problems(field: str, day: date, campaign: Campaign, today: date) -> Iterator[FieldProblem]:
    if not campaign.starts_on <= day <= today:
        yield FieldProblem(field, f"应在活动开始（{campaign.starts_on}）之后，且不晚于今天")
