"""Events of the topic ``activities``: what a unit did besides interviews, for the summary table (情况汇总表)."""

from __future__ import annotations

from pydantic import Field

from shared.events.base import EventData, Topic


class ActivityRecorded(EventData, type="dafangtan.activity.recorded.v1", topic=Topic.ACTIVITIES):
    """A unit visited a firm, held a discussion meeting, or did something else. ``revision`` is 0."""

    activity_id: str = Field(description="derived from campaign, unit and source id")
    campaign: str
    campaign_version: str = Field(description="content hash of the definition that it was checked against")
    revision: int = 0
    unit: str
    kind: str = Field(description="visit, meeting or other")
    held_on: str = Field(description="date, by the campaign's clock")
    people_count: int = Field(description="workers talked to on a visit, or people at a meeting")
    firm: str | None = Field(
        None, description="keyed pseudonym of the firm, to count firms apart from visits"
    )
    point: str | None = None
    way_of_working: str | None = Field(None, description="how the unit works, in its words: 网格走访")
    recorded_at: str


class ActivityAmended(ActivityRecorded, type="dafangtan.activity.amended.v1", topic=Topic.ACTIVITIES):
    """An activity's content was replaced; ``revision`` counts its amendments from 1."""


class ActivityWithdrawn(EventData, type="dafangtan.activity.withdrawn.v1", topic=Topic.ACTIVITIES):
    """An activity was recorded by mistake: it doesn't count."""

    activity_id: str
    campaign: str
    unit: str
    withdrawn_at: str
