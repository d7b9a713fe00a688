"""What is told of an activity as it stands: recorded, amended or withdrawn. Pure."""

from __future__ import annotations

from services.intake.activities.model import Activity
from services.intake.door import SOURCE
from shared.events import (
    ActivityAmended,
    ActivityRecorded,
    ActivityWithdrawn,
    Event,
    EventData,
    derived_id,
    make_event,
)


def event_of(activity: Activity, campaign_version: str) -> Event:
    """The event that tells how ``activity`` stands now."""
    if activity.withdrawn_at is not None:
        withdrawn = ActivityWithdrawn(
            activity_id=activity.id,
            campaign=activity.campaign,
            unit=activity.unit,
            withdrawn_at=activity.withdrawn_at,
        )
        return _event(activity, withdrawn, "withdrawn", activity.withdrawn_at)
    model = ActivityAmended if activity.revision else ActivityRecorded
    told = model(
        activity_id=activity.id,
        campaign=activity.campaign,
        campaign_version=campaign_version,
        revision=activity.revision,
        unit=activity.unit,
        kind=activity.kind.value,
        held_on=activity.held_on,
        people_count=activity.people_count,
        firm=activity.firm_pseudonym,
        point=activity.point,
        way_of_working=activity.way_of_working,
        recorded_at=activity.recorded_at,
    )
    return _event(activity, told, str(activity.revision), activity.recorded_at)


def _event(activity: Activity, data: EventData, what: str, at: str) -> Event:
    """One activity's events stay in order: they have its id as their key."""
    return make_event(
        data,
        id=derived_id(activity.id, what),
        source=SOURCE,
        subject=activity.id,
        time=at,
        key=activity.id,
    )
