"""Events of the topic ``quota``."""

from __future__ import annotations

from shared.events.base import EventData, Topic


class QuotaMilestoneReached(EventData, type="dafangtan.quota.milestone-reached.v1", topic=Topic.QUOTA):
    """A quota line reached a share of its target for the first time."""

    campaign: str
    quota_line: str
    percent: int
    counted_count: int
    target_count: int
    reached_at: str
