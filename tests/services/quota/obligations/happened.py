"""Events about obligations, as intake tells them."""

from __future__ import annotations

from typing import Any

from shared.events import (
    ContactsRegistered,
    ContactsWithdrawn,
    Event,
    EventData,
    PointClosed,
    PointOpened,
    QuestionnairesTotalled,
    ReportHandedIn,
    make_event,
)

AT = "2024-05-16T01:30:00.000Z"
ABOUT: dict[str, Any] = {"campaign": "suzhou-2024", "campaign_version": "v", "unit": "taicang"}


def contacts(revision: int = 0, **roles: str) -> ContactsRegistered:
    """A table of contacts, with the day for each role."""
    return ContactsRegistered(**ABOUT, revision=revision, roles=roles, recorded_at=AT)


def no_contacts(revision: int) -> ContactsWithdrawn:
    """It was taken back."""
    return ContactsWithdrawn(campaign="suzhou-2024", unit="taicang", revision=revision, withdrawn_at=AT)


def point(id: str, set_up_on: str, revision: int = 0, name: str | None = None) -> PointOpened:
    """A point that was set up; with a ``name``, one that isn't of the definition."""
    return PointOpened(**ABOUT, point=id, revision=revision, name=name, set_up_on=set_up_on, recorded_at=AT)


def no_point(
    id: str, set_up_on: str, closed_on: str, revision: int = 1, name: str | None = None
) -> PointClosed:
    """A point that was closed."""
    days = {"set_up_on": set_up_on, "closed_on": closed_on}
    return PointClosed(**ABOUT, point=id, revision=revision, name=name, recorded_at=AT, **days)


def totals(revision: int = 0, **changes: Any) -> QuestionnairesTotalled:
    """Questionnaires, totalled."""
    fields = {"totalled_on": "2024-08-20", "questionnaires_count": 1050, "paper_count": 320}
    return QuestionnairesTotalled(**ABOUT, revision=revision, recorded_at=AT, **fields | changes)


def report(revision: int = 0, on: str = "2024-08-28", unit: str = "taicang") -> ReportHandedIn:
    """A report."""
    return ReportHandedIn(campaign="suzhou-2024", unit=unit, handed_in_on=on, revision=revision)


def event(data: EventData) -> Event:
    """In its envelope."""
    return make_event(
        data, id=data.model_dump_json(), source="/t", subject="s", time=AT, key="suzhou-2024/taicang"
    )
