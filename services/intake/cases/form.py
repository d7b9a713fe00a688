"""The case registration form (个案访谈登记表, annex 2), field for field, and what else is asked over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.cases.model import TEAM
from services.intake.cases.parts import Part
from services.intake.model import ConsentHow
from services.intake.unsealing.purpose import Purpose
from shared.moments import Moment

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Field(description="理由")
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegistrationForm(_Strict):
    """The registration form. All of it is voluntary but the time of the visit; all of it is sealed."""

    province: Text | None = Field(None, description="所在地区：省（市、区）")
    city: Text | None = Field(None, description="所在地区：市（区）")
    county: Text | None = Field(None, description="所在地区：县")
    employer: Text | None = Field(None, description="工作单位")
    name: Text | None = Field(None, description="姓名")
    sex: Text | None = Field(None, description="性别")
    birth_month: Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")] | None = Field(
        None, description="出生年月", examples=["1995-03"]
    )
    household_registration: Text | None = Field(None, description="户籍所在地")
    ethnicity: Text | None = Field(None, description="民族")
    political_status: Text | None = Field(None, description="政治面貌")
    education: Text | None = Field(None, description="受教育程度")
    post: Text | None = Field(None, description="现任职务或岗位")
    title: Text | None = Field(None, description="职称（技术等级）")
    is_migrant_worker: bool | None = Field(None, description="是否农民工")
    is_dispatched_worker: bool | None = Field(None, description="是否劳务派遣工")
    remarks: LongText | None = Field(None, description="备注")
    place: Text | None = Field(None, description="访问地点")
    visited_at: Moment = Field(description="访问时间（不密封：用于判断记录是否当天完成）")
    interviewer_name: Text | None = Field(None, description="访问员姓名")


class ConsentToCase(_Strict):
    """Which consent text the respondent agreed to, when, and how."""

    version: Text
    given_at: Moment
    how: ConsentHow | None = None


class CaseOpening(_Strict):
    """A new case."""

    campaign: Text
    unit: Text
    team: Annotated[str, Field(pattern=rf"^{TEAM.pattern}$", description="调查组代号", examples=["ZJG01"])]
    source_id: Text = Field(description="客户端自己的编号，一个个案一个，不重复使用")
    consent: ConsentToCase
    form: RegistrationForm


class RecordingConsent(_Strict):
    """The respondent agreed to be recorded."""

    given_at: Moment
    how: ConsentHow | None = None


class Link(_Strict):
    """The questionnaire of the same interview."""

    receipt: Text


class Recorded(_Strict):
    """Notes or edited text are finished."""

    part: Part = Field(description="notes 访问记录原稿，或 edited_text 整理稿")
    pages: int = Field(ge=1, le=10_000, description="页数")
    recorded_at: Moment | None = Field(None, description="完成的时间；不填为现在。离线完成的填当时的时间")


class PartsNamed(_Strict):
    """Which parts are signed."""

    parts: Annotated[list[Part], Field(min_length=1, max_length=len(Part))]


class Reopening(PartsNamed):
    """Which parts are to be done again, and why."""

    reason: Reason


class Withdrawal(_Strict):
    """Why a case is taken back."""

    reason: Reason


class Opening(_Strict):
    """What sealed content is opened for."""

    purpose: Annotated[Purpose, Field(examples=["核对登记表后签字确认"])]
