"""What advice answers with over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, Field

from services.quota.advice.looking import Advice
from services.quota.advice.quiet import QuietPoint
from services.quota.advice.seeking import Group, Sought
from services.quota.advice.soft_quotas import SoftQuotas
from shared.campaign import Campaign, Point

_DECIMALS = 6


class SoftQuotaBody(BaseModel):
    """One group of people."""

    group: dict[str, str] = Field(description="各维度的代码")
    name: str
    share: float = Field(description="参照分布中的比例，0 至 1")
    target: int | None = Field(
        description="按比例应有多少访谈；没有自己的目标的单位（不承担，或与别的单位共同承担名额）为 null"
    )
    eligible: int = Field(description="符合条件的访谈")
    missing: int | None = Field(description="还差多少；没有目标为 null")


class SoftQuotasBody(BaseModel):
    """One dimension, or several that are crossed."""

    dimensions: list[str]
    name: str
    distance: float = Field(description="与参照分布的距离（相异指数）：0 完全一致，1 完全不同")
    unplaced: int = Field(description="没有登记这些信息、归不进任何一类的访谈")
    groups: list[SoftQuotaBody]


class AllSoftQuotasBody(BaseModel):
    """The soft quotas of a campaign, a quota line, or a unit."""

    campaign: str
    quota_line: str | None
    unit: str | None
    soft_quotas: list[SoftQuotasBody]


class QuietPointBody(BaseModel):
    """A point that has gone quiet."""

    point: str
    name: str
    unit: str
    last_on: date | None = Field(description="最近一次访谈的日期；从来没有为 null")
    quiet_working_days: int
    eligible: int


class SoughtBody(BaseModel):
    """A group to seek."""

    group: dict[str, str]
    name: str
    distance_after: float = Field(description="再访谈这样一个人之后的距离")
    gain: float = Field(description="距离因此缩小多少")


class AdviceBody(BaseModel):
    """What to do next."""

    campaign: str
    unit: str | None
    on: date
    distance: float | None = Field(description="现在与参照分布的距离；活动定义没有参照分布时为 null")
    seek: list[SoughtBody] = Field(description="接下来多找哪些人，最有帮助的在前")
    quiet_points: list[QuietPointBody] = Field(description="多个工作日没有访谈的访谈点，最久的在前")


def soft_quotas_body(campaign: Campaign, found: SoftQuotas) -> SoftQuotasBody:
    """One margin's soft quotas."""
    dimensions = found.margin.dimensions
    return SoftQuotasBody(
        dimensions=list(dimensions),
        name=" × ".join(_titles(campaign)[dimension] for dimension in dimensions),
        distance=round(found.distance, _DECIMALS),
        unplaced=found.unplaced,
        groups=[
            SoftQuotaBody(
                group=dict(zip(dimensions, quota.cell, strict=True)),
                name=_name(campaign, tuple(zip(dimensions, quota.cell, strict=True))),
                share=round(quota.share, _DECIMALS),
                target=quota.target_count,
                eligible=quota.eligible,
                missing=quota.missing_count,
            )
            for quota in found.quotas
        ],
    )


def advice_body(campaign: Campaign, unit: str | None, on: date, advice: Advice) -> AdviceBody:
    """An advice."""
    return AdviceBody(
        campaign=campaign.id,
        unit=unit,
        on=on,
        distance=advice.distance,
        seek=[_sought_body(campaign, each) for each in advice.sought],
        quiet_points=[_quiet_body(advice.points[each.point], each) for each in advice.quiet],
    )


def _sought_body(campaign: Campaign, each: Sought) -> SoughtBody:
    return SoughtBody(
        group=dict(each.group),
        name=_name(campaign, each.group),
        distance_after=each.after,
        gain=round(each.gain, _DECIMALS),
    )


def _quiet_body(point: Point, each: QuietPoint) -> QuietPointBody:
    return QuietPointBody(
        point=point.id,
        name=point.name,
        unit=point.unit,
        last_on=each.last_on,
        quiet_working_days=each.quiet_days,
        eligible=each.interview_count,
    )


def _name(campaign: Campaign, group: Group) -> str:
    """As people say it: 女、21-25."""
    variables = campaign.variables()
    return "、".join(
        variables[dimension].labels.get(category, category) if dimension in variables else category
        for dimension, category in group
    )


def _titles(campaign: Campaign) -> Mapping[str, str]:
    variables = campaign.variables()
    return {name: variable.title for name, variable in variables.items()}
