"""Events of the topic ``obligations``: what a unit has done of what it owes besides interviews.

Each tells the whole of one thing as it stands then; of two about the same (``subject``) the higher ``revision``
counts. No word about a person is in them.
"""

from __future__ import annotations

from pydantic import Field

from shared.events.base import EventData, Topic

_REVISION = Field(description="counts what became of it, from 0: of two events the higher one stands")
_VERSION = Field(description="content hash of the definition that it was checked against")


class ContactsRegistered(EventData, type="dafangtan.contacts.registered.v1", topic=Topic.OBLIGATIONS):
    """A unit's table of contacts (联系表) was registered, or took the place of an earlier one.

    Names, posts, telephones and mail addresses stay with intake, sealed.
    """

    campaign: str
    campaign_version: str = _VERSION
    unit: str
    revision: int = _REVISION
    roles: dict[str, str] = Field(
        description="role of the definition to the day since when somebody is registered for it"
    )
    recorded_at: str


class ContactsWithdrawn(EventData, type="dafangtan.contacts.withdrawn.v1", topic=Topic.OBLIGATIONS):
    """A unit's table of contacts was taken back: nobody is registered, and what was sealed can't be opened."""

    campaign: str
    unit: str
    revision: int = _REVISION
    withdrawn_at: str


class PointOpened(EventData, type="dafangtan.point.opened.v1", topic=Topic.OBLIGATIONS):
    """A unit set up an interview point (访谈点): one of the definition, or a new one, which then has a ``name``."""

    campaign: str
    campaign_version: str = _VERSION
    unit: str
    point: str = Field(description="id of the definition, or derived from campaign, unit and name")
    revision: int = _REVISION
    name: str | None = None
    kind: str | None = Field(None, description="kind of point of the definition")
    set_up_on: str = Field(description="date, by the campaign's clock")
    recorded_at: str


class PointClosed(EventData, type="dafangtan.point.closed.v1", topic=Topic.OBLIGATIONS):
    """An interview point was closed; it may be set up again later."""

    campaign: str
    campaign_version: str = _VERSION
    unit: str
    point: str
    revision: int = _REVISION
    name: str | None = None
    kind: str | None = None
    set_up_on: str
    closed_on: str = Field(description="from this day on there are no interviews at it")
    recorded_at: str


class QuestionnairesTotalled(EventData, type="dafangtan.questionnaires.totalled.v1", topic=Topic.OBLIGATIONS):
    """A unit has totalled its questionnaires, those on paper too."""

    campaign: str
    campaign_version: str = _VERSION
    unit: str
    revision: int = _REVISION
    totalled_on: str = Field(description="date, by the campaign's clock")
    questionnaires_count: int
    paper_count: int = Field(description="how many of them are on paper alone")
    recorded_at: str


class ReportHandedIn(EventData, type="dafangtan.report.handed-in.v1", topic=Topic.OBLIGATIONS):
    """A unit's key-points report (访谈要点报告) was handed in to the leading group's office.

    Other programs post it to intake with the first four fields; the others are added there.
    """

    campaign: str
    unit: str
    handed_in_on: str = Field(description="date, by the campaign's clock")
    sha256: str | None = Field(None, description="of the report's file: 64 hexadecimal digits")
    campaign_version: str | None = None
    revision: int = Field(0, description="counts the reports that took its place, from 0")
    recorded_at: str | None = None
