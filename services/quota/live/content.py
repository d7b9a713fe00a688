"""What the board in one answer says: the shapes that are encoded, and told in the OpenAPI document.

A part that one may not see isn't there at all, and neither is its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Seen = Literal["all", "unit", "common"]


class BoardPhase(Struct, frozen=True):
    """A stretch of the campaign, both days included."""

    name: str
    starts_on: date
    ends_on: date
    is_interviewing: bool


class BoardTotals(Struct, frozen=True):
    """The whole campaign."""

    target: Annotated[int, Meta(description="全市目标；各名额之和可以更多")]
    counted: Annotated[int, Meta(description="各名额计入数之和")]
    share: Annotated[float, Meta(description="counted 占 target 的比例，可以超过 1")]
    accepted: Annotated[int, Meta(description="全部已接收的提交")] | UnsetType = UNSET
    interviews: Annotated[int, Meta(description="有效访谈人次")] | UnsetType = UNSET
    persons: Annotated[int, Meta(description="有效访谈人数：同一人在整个活动中只算一次")] | UnsetType = UNSET
    buckets: Annotated[Mapping[str, int], Meta(description="每份已接收的提交恰好在其中一项")] | UnsetType = (
        UNSET
    )


class BoardSchedule(Struct, frozen=True):
    """The schedule counted back from the end, as of the day of the board."""

    ends_on: Annotated[date, Meta(description="访谈阶段的最后一天")]
    due: Annotated[int, Meta(description="到当天为止应完成的访谈数")]
    days_left: Annotated[int, Meta(description="当天之后还有多少个工作日")]
    rate_needed: Annotated[
        float | None, Meta(description="今后每个工作日须完成多少；已达目标为 0，没有工作日可用为 null")
    ]


class BoardForecast(Struct, frozen=True):
    """What a line will have at the end of the interviewing phase."""

    final_low: Annotated[int, Meta(description="80% 区间的下限")]
    final_expected: Annotated[float, Meta(description="期望值；不以目标为上限")]
    final_high: Annotated[int, Meta(description="80% 区间的上限")]
    finishes_expected: Annotated[
        date | None, Meta(description="到这一天达到目标的可能性为 50%；阶段内到不了为 null")
    ]
    reaches_target_probability: Annotated[float, Meta(description="阶段结束时达到目标的可能性，0 至 1")]


class BoardLine(Struct, frozen=True):
    """A quota line. What is in ``plain_line`` is common; the rest is for those who see the line itself."""

    quota_line: str
    name: str
    edition: str
    target: int
    counted: int
    share: Annotated[float, Meta(description="完成比例，0 至 1")]
    status: str
    status_name: str
    interviews: Annotated[int, Meta(description="有效访谈人次")] | UnsetType = UNSET
    persons: Annotated[int, Meta(description="有效访谈人数：同一人在本名额内只算一次")] | UnsetType = UNSET
    buckets: Mapping[str, int] | UnsetType = UNSET
    schedule: BoardSchedule | UnsetType = UNSET
    forecast: BoardForecast | UnsetType = UNSET


class BoardUnit(Struct, frozen=True):
    """A unit, with its own part of its line."""

    unit: str
    name: str
    quota_line: Annotated[str | None, Meta(description="没有名额的单位为 null：收到的是留言")]
    eligible: Annotated[int, Meta(description="符合条件的访谈数；是否超出目标由名额整体决定")]
    interviews: Annotated[int, Meta(description="有效访谈人次")]
    persons: Annotated[int, Meta(description="有效访谈人数：同一人在本单位只算一次")]
    share: Annotated[float | None, Meta(description="eligible 占名额目标的比例；没有名额为 null")]
    buckets: Annotated[Mapping[str, int], Meta(description="其余各项")]


class BoardDay(Struct, frozen=True):
    """A day of collection."""

    day: date
    eligible: Annotated[int, Meta(description="当天符合条件的访谈")]
    eligible_total: Annotated[int, Meta(description="到当天为止的合计")]


class BoardOwn(Struct, frozen=True):
    """What a unit sees of itself."""

    unit: BoardUnit
    line: Annotated[BoardLine | None, Meta(description="本单位的名额；各项只在没有其他单位分担时列出")]
    days: list[BoardDay]


class Board(Struct, frozen=True):
    """The board, as far as who asks may see it. ``sees`` says how far that is."""

    campaign: str
    name: str
    phases: list[BoardPhase]
    sees: Annotated[Seen, Meta(description="all 全部；unit 本单位和公共部分；common 公共部分")]
    on: Annotated[date, Meta(description="判断进度所用的日期：活动当地的今天")]
    computed_at: Annotated[str, Meta(description="这些数从何时起是这样")]
    revision: (
        Annotated[int, Meta(description="至少计到事件日志的第几条提交事件；只有看全部的人有")] | UnsetType
    ) = UNSET
    totals: BoardTotals | UnsetType = UNSET
    lines: list[BoardLine] | UnsetType = UNSET
    units: list[BoardUnit] | UnsetType = UNSET
    days: list[BoardDay] | UnsetType = UNSET
    own: BoardOwn | UnsetType = UNSET
