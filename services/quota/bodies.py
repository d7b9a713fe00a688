"""What quota answers with over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from pydantic import BaseModel, Field

from services.quota.board import LineProgress, Progress, UnitProgress, UnitShare
from services.quota.explaining import Explanation
from services.quota.model import BUCKET_NAMES, Bucket, By
from services.quota.points import PointProgress
from services.quota.series import Day
from shared.events import QUOTA_STATUS_NAMES, QuotaStatus

_OF_OTHERS = "；几个单位共同承担的名额，单位自己看时为 null：从中可以知道其他单位的情况"


class UnitBody(BaseModel):
    """One unit of a line."""

    unit: str
    name: str
    eligible: int = Field(description="符合条件的访谈数；是否超出目标由名额整体决定")
    interviews: int = Field(description="有效访谈人次：符合条件的，加上同一人再次接受的")
    persons: int = Field(description="有效访谈人数：同一人在本单位只算一次；没有登记身份的每次按一人计")
    buckets: dict[str, int]


class LineBody(BaseModel):
    """One quota line of the board."""

    quota_line: str
    name: str
    edition: str
    target: int
    counted: int
    interviews: int | None = Field(description=f"有效访谈人次{_OF_OTHERS}")
    persons: int | None = Field(description=f"有效访谈人数：同一人在本名额内只算一次{_OF_OTHERS}")
    share: float = Field(description="完成比例，0 至 1")
    status: QuotaStatus
    status_name: str
    buckets: dict[str, int] | None = Field(description=f"各项{_OF_OTHERS}")
    units: list[UnitBody] = Field(description="各单位的部分；单位自己看，只有本单位的")


class EditionBody(BaseModel):
    """What the quota lines of one edition owe and have."""

    edition: str
    name: str
    target: int
    counted: int


class ProgressBody(BaseModel):
    """The board of a campaign."""

    campaign: str
    name: str
    on: date
    target: int = Field(description="全市目标")
    quota: int = Field(description="各名额合计")
    counted: int
    interviews: int = Field(description="有效访谈人次")
    persons: int = Field(description="有效访谈人数：同一人在整个活动中只算一次")
    accepted: int
    editions: list[EditionBody]
    buckets: dict[str, int] = Field(description="每份已接收的提交恰好在其中一项")
    lines: list[LineBody]
    others: list[UnitBody] = Field(description="没有名额的单位：收到的是留言")


class UnitProgressBody(BaseModel):
    """One unit, and the quota line that it counts for."""

    campaign: str
    unit: UnitBody
    line: LineBody | None = Field(description="没有名额的单位为空")


class DayBody(BaseModel):
    """One day of a series."""

    day: date
    eligible: int = Field(description="当天符合条件的访谈")
    eligible_total: int = Field(description="到当天为止的合计")
    buckets: dict[str, int] = Field(description="当天的其余各项")


class PointBody(BaseModel):
    """One interview point."""

    point: str
    name: str
    unit: str
    target: int | None = Field(description="这个访谈点的目标；没有规定为 null")
    eligible: int = Field(description="到当天为止在这里完成的、符合条件的访谈")
    first_on: date | None = Field(description="第一次访谈的日期；还没有访谈为 null")
    last_on: date | None = Field(description="最近一次访谈的日期")


class PointsBody(BaseModel):
    """Interview points."""

    campaign: str
    on: date
    points: list[PointBody]


class SeriesBody(BaseModel):
    """Day by day; days on which nothing came are left out."""

    campaign: str
    by: By
    quota_line: str | None
    unit: str | None
    days: list[DayBody]


class WhyBody(BaseModel):
    """Where one submission lies, and why."""

    submission_id: str
    campaign: str
    unit: str
    quota_line: str | None
    bucket: Bucket
    bucket_name: str
    reason: str = Field(description="依据的规则")
    collected_on: date
    received_on: date
    revision: int
    is_signed_off: bool


def progress_body(progress: Progress) -> ProgressBody:
    """The whole board."""
    return ProgressBody(
        campaign=progress.campaign,
        name=progress.name,
        on=progress.day,
        target=progress.target_count,
        quota=progress.quota_count,
        counted=progress.counted_count,
        interviews=progress.interviews_count,
        persons=progress.persons_count,
        accepted=progress.accepted_count,
        editions=[
            EditionBody(
                edition=each.edition, name=each.name, target=each.target_count, counted=each.counted_count
            )
            for each in progress.editions
        ],
        buckets={str(bucket): count for bucket, count in progress.buckets.items()},
        lines=[line_body(line) for line in progress.lines],
        others=[unit_body(share) for share in progress.others],
    )


def line_body(line: LineProgress) -> LineBody:
    """One line of it."""
    return LineBody(
        quota_line=line.quota_line,
        name=line.name,
        edition=line.edition,
        target=line.target_count,
        counted=line.counted_count,
        interviews=line.interviews_count,
        persons=line.persons_count,
        share=line.share,
        status=line.status,
        status_name=QUOTA_STATUS_NAMES[line.status],
        buckets={str(bucket): count for bucket, count in line.buckets.items()},
        units=[unit_body(share) for share in line.units],
    )


def unit_progress_body(campaign: str, found: UnitProgress) -> UnitProgressBody:
    """A unit, and its line as far as it may be told."""
    share = unit_body(found.share)
    return UnitProgressBody(campaign=campaign, unit=share, line=_line_told(found, share))


def _line_told(found: UnitProgress, share: UnitBody) -> LineBody | None:
    if found.line is None:
        return None
    line = line_body(found.line)
    if found.tells_others or not found.line.is_shared:
        return line
    hidden = {"interviews": None, "persons": None, "buckets": None, "units": [share]}
    return line.model_copy(update=hidden)


def unit_body(share: UnitShare) -> UnitBody:
    """One unit of a line."""
    return UnitBody(
        unit=share.unit,
        name=share.name,
        eligible=share.eligible,
        interviews=share.interviews_count,
        persons=share.persons_count,
        buckets=dict(share.buckets),
    )


def point_body(point: PointProgress) -> PointBody:
    """One interview point."""
    return PointBody(
        point=point.point,
        name=point.name,
        unit=point.unit,
        target=point.target_count,
        eligible=point.eligible,
        first_on=point.first_on,
        last_on=point.last_on,
    )


def series_bodies(days: list[Day]) -> list[DayBody]:
    """A series."""
    return [DayBody.model_validate(asdict(day)) for day in days]


def why_body(explanation: Explanation) -> WhyBody:
    """An explanation."""
    return WhyBody.model_validate({**asdict(explanation), "bucket_name": BUCKET_NAMES[explanation.bucket]})
