"""What is told of a thing as it stands. Pure."""

from __future__ import annotations

from services.intake.door import SOURCE
from services.intake.obligations.model import Contacts, Report, Thing, Totals
from services.intake.obligations.points import Point
from shared.events import (
    ContactsRegistered,
    ContactsWithdrawn,
    Event,
    EventData,
    PointClosed,
    PointOpened,
    QuestionnairesTotalled,
    ReportHandedIn,
    derived_id,
    make_event,
)


def event_of(thing: Thing, campaign_version: str) -> Event:
    """The event that tells how ``thing`` stands now. A unit's events stay in order: it is their key."""
    return make_event(
        _data(thing, campaign_version),
        id=derived_id(thing.id, str(thing.revision)),
        source=SOURCE,
        subject=thing.id,
        time=thing.recorded_at,
        key=f"{thing.campaign}/{thing.unit}",
    )


def _data(thing: Thing, version: str) -> EventData:
    match thing:
        case Contacts():
            return _of_contacts(thing, version)
        case Point():
            return _of_point(thing, version)
        case Totals():
            return _of_totals(thing, version)
        case Report():
            return _of_report(thing, version)


def _of_contacts(contacts: Contacts, version: str) -> EventData:
    if contacts.is_withdrawn:
        return ContactsWithdrawn(
            campaign=contacts.campaign,
            unit=contacts.unit,
            revision=contacts.revision,
            withdrawn_at=contacts.recorded_at,
        )
    return ContactsRegistered(
        campaign=contacts.campaign,
        campaign_version=version,
        unit=contacts.unit,
        revision=contacts.revision,
        roles=dict(contacts.roles),
        recorded_at=contacts.recorded_at,
    )


def _of_point(point: Point, version: str) -> EventData:
    opened = PointOpened(
        campaign=point.campaign,
        campaign_version=version,
        unit=point.unit,
        point=point.point,
        revision=point.revision,
        name=point.name,
        kind=point.kind,
        set_up_on=point.set_up_on,
        recorded_at=point.recorded_at,
    )
    if point.closed_on is None:
        return opened
    return PointClosed(**opened.model_dump(), closed_on=point.closed_on)


def _of_totals(totals: Totals, version: str) -> EventData:
    return QuestionnairesTotalled(
        campaign=totals.campaign,
        campaign_version=version,
        unit=totals.unit,
        revision=totals.revision,
        totalled_on=totals.totalled_on,
        questionnaires_count=totals.questionnaires_count,
        paper_count=totals.paper_count,
        recorded_at=totals.recorded_at,
    )


def _of_report(report: Report, version: str) -> EventData:
    return ReportHandedIn(
        campaign=report.campaign,
        campaign_version=version,
        unit=report.unit,
        revision=report.revision,
        handed_in_on=report.handed_in_on,
        sha256=report.sha256,
        recorded_at=report.recorded_at,
    )
