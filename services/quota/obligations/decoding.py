"""From a logged message to the fact that it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

import msgspec

from services.quota.obligations.facts import (
    CONTACTS,
    REPORT,
    TOTALS,
    ContactsFact,
    Fact,
    PointFact,
    ReportFact,
    TotalsFact,
    point_key,
)
from shared.campaign import Campaign
from shared.errors import RejectEvent
from shared.events import (
    ContactsRegistered,
    ContactsWithdrawn,
    EventData,
    PointClosed,
    PointOpened,
    QuestionnairesTotalled,
    ReportHandedIn,
    in_binary_mode,
    type_of,
)
from shared.log.port import LoggedMessage


class Told(NamedTuple):
    """A fact, and of which unit: ``key`` says which of its things."""

    campaign: str
    unit: str
    key: str
    fact: Fact


class _About(msgspec.Struct):
    campaign: str
    unit: str
    revision: int = 0


class _Contacts(_About):
    roles: dict[str, str] = {}


class _Point(_About, kw_only=True):
    point: str
    set_up_on: str
    closed_on: str | None = None
    name: str | None = None


class _Totals(_About, kw_only=True):
    totalled_on: str
    questionnaires_count: int
    paper_count: int


class _Report(_About, kw_only=True):
    handed_in_on: str


def _contacts(told: _Contacts) -> tuple[str, Fact]:
    return CONTACTS, ContactsFact(told.revision, {role: _day(since) for role, since in told.roles.items()})


def _point(told: _Point) -> tuple[str, Fact]:
    closed_on = None if told.closed_on is None else _day(told.closed_on)
    return point_key(told.point), PointFact(told.revision, _day(told.set_up_on), closed_on, told.name)


def _totals(told: _Totals) -> tuple[str, Fact]:
    counts = (told.questionnaires_count, told.paper_count)
    return TOTALS, TotalsFact(told.revision, _day(told.totalled_on), *counts)


def _report(told: _Report) -> tuple[str, Fact]:
    return REPORT, ReportFact(told.revision, _day(told.handed_in_on))


_Read = TypeVar("_Read", bound=_About)
_Reader = Callable[[bytes], tuple[_About, tuple[str, Fact]]]


def _reader(shape: type[_Read], fact_of: Callable[[_Read], tuple[str, Fact]]) -> _Reader:
    decode = msgspec.json.Decoder(shape).decode

    def read(data: bytes) -> tuple[_About, tuple[str, Fact]]:
        told = decode(data)
        return told, fact_of(told)

    return read


def _named(readers: Mapping[type[EventData], _Reader]) -> dict[bytes, _Reader]:
    return {model.event_type.encode(): reader for model, reader in readers.items()}


_READERS = _named(
    {
        ContactsRegistered: _reader(_Contacts, _contacts),
        ContactsWithdrawn: _reader(_Contacts, _contacts),
        PointOpened: _reader(_Point, _point),
        PointClosed: _reader(_Point, _point),
        QuestionnairesTotalled: _reader(_Totals, _totals),
        ReportHandedIn: _reader(_Report, _report),
    }
)


def read_told(message: LoggedMessage, campaigns: Mapping[str, Campaign]) -> Told:
    """What ``message`` tells. Raises RejectEvent for what can't be read, or is of no unit here."""
    message = in_binary_mode(message)
    event_type = type_of(message)
    reader = _READERS.get(event_type)
    if reader is None:
        raise RejectEvent(f"ce_type: not an event about obligations: {event_type!r}")
    try:
        about, (key, fact) = reader(message.value)
    except (ValueError, RecursionError) as error:  # of msgspec, of UTF-8, of dates; nesting without end
        raise RejectEvent(f"data: {error}") from error
    campaign = campaigns.get(about.campaign)
    if campaign is None:
        raise RejectEvent(f"campaign: {about.campaign!r} is not defined here")
    if about.unit not in campaign.units:
        raise RejectEvent(f"unit: {about.unit!r} is not in the campaign {about.campaign!r}")
    return Told(about.campaign, about.unit, key, fact)


def _day(text: str) -> str:
    """The day in the one form that sorts. Raises ValueError."""
    return date.fromisoformat(text).isoformat()
