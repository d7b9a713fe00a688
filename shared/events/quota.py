"""Events of the topic ``quota``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import EventData, Topic


class QuotaStatus(StrEnum):
    """How a quota line stands. ``MISSED`` only after the interviewing phase has ended without the target."""

    AHEAD = "ahead"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    DONE = "done"
    MISSED = "missed"


QUOTA_STATUS_NAMES: Mapping[QuotaStatus, str] = {
    QuotaStatus.AHEAD: "超前",
    QuotaStatus.ON_TRACK: "正常",
    QuotaStatus.AT_RISK: "有风险",
    QuotaStatus.BEHIND: "滞后",
    QuotaStatus.DONE: "已完成",
    QuotaStatus.MISSED: "到期未完成",
}
"""What people read."""


class QuotaMilestoneReached(EventData, type="dafangtan.quota.milestone-reached.v1", topic=Topic.QUOTA):
    """A quota line reached a share of its target for the first time."""

    campaign: str
    quota_line: str
    percent: int
    counted_count: int
    target_count: int
    reached_at: str


class QuotaStatusChanged(EventData, type="dafangtan.quota.status-changed.v1", topic=Topic.QUOTA):
    """A quota line stands better or worse than before. Nothing is told of a line's first ``on_track``."""

    campaign: str
    quota_line: str
    status_before: QuotaStatus
    status: QuotaStatus
    is_better: bool = Field(description="whether the change is good news")
    on: date = Field(description="the day whose end was judged, in the campaign's time zone")
    counted_count: int
    target_count: int
    final_low: int = Field(description="interviews at the phase's end: low end of the 80 % interval")
    final_expected: float = Field(description="the same: the mean; not capped at the target")
    final_high: int = Field(description="the same: high end of the 80 % interval")
    reaches_target_probability: float = Field(description="of having the target at the phase's end, 0 to 1")
    rate_needed: float | None = Field(
        default=None,
        description="interviews needed on each working day after `on`; 0 with the target, none without a day left",
    )
    changed_at: str
