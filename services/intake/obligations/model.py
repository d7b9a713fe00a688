"""What intake remembers of what a unit has done of its obligations. Pure.

Each is one thing of one unit, under an id that tells which (``suzhou-2024/taicang/report``), at a revision that counts
from 0 what it became; what stood before is not kept, but for audit entry, event, and a mark that knows it again:
``earlier``, so that a repeat that comes late doesn't take the place of what is newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from services.intake.errors import RevisionMoved, StoodBefore
from services.intake.obligations.points import Point

MOST_EARLIER = 100
"""A repeat of what is older than so many revisions isn't known again."""


class Contacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit's table of contacts (联系表, annex 2 of the plan). What it says of persons is in ``sealed`` alone.

    ``wrapped_key`` is the only copy of the data key of what stands: it goes with it when another table takes its place,
    and is None once the table is withdrawn. ``roles``: since which day somebody is registered for each.
    ``content_mac`` tells a repeat from another table.
    """

    id: str
    campaign: str
    unit: str
    recorded_by: str
    recorded_at: str
    roles: Mapping[str, str]
    content_mac: str | None
    wrapped_key: str | None
    sealed: str | None
    revision: int = 0
    earlier: tuple[str, ...] = ()

    @property
    def mark(self) -> str | None:
        """Of what it says; keyed, so that nobody else can test a guess."""
        return self.content_mac

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.wrapped_key is None

    def replaced_by(self, new: Contacts) -> Contacts:
        """``new`` in its place, or this when it says the same. Who is registered for a role stays so since then."""
        if new.content_mac == self.content_mac:
            return self
        roles = {role: self.roles.get(role, since) for role, since in new.roles.items()}
        return replace(new, roles=roles, revision=self.revision + 1, earlier=_earlier(self, new))

    def withdrawn(self, *, by: str, at: str) -> Contacts:
        """Taken back: the data key is gone. Again changes nothing."""
        if self.is_withdrawn:
            return self
        return Contacts(
            id=self.id,
            campaign=self.campaign,
            unit=self.unit,
            recorded_by=by,
            recorded_at=at,
            roles={},
            content_mac=None,
            wrapped_key=None,
            sealed=None,
            revision=self.revision + 1,
            earlier=_earlier(self),
        )


class Totals(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit has totalled its questionnaires (汇总统计): how many, and how many of them are on paper alone."""

    id: str
    campaign: str
    unit: str
    recorded_by: str
    recorded_at: str
    totalled_on: str
    questionnaires_count: int
    paper_count: int
    revision: int = 0
    earlier: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """What it says."""
        return f"{self.totalled_on}/{self.questionnaires_count}/{self.paper_count}"

    def replaced_by(self, new: Totals) -> Totals:
        """``new`` in its place, or this when it says the same."""
        if new.mark == self.mark:
            return self
        return replace(new, revision=self.revision + 1, earlier=_earlier(self, new))


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit has handed in its key-points report (访谈要点报告). ``sha256`` is of its file, where that was told.

    ``causes``: the events that told of it. One that comes again changes nothing, though another report stands by now.
    """

    id: str
    campaign: str
    unit: str
    recorded_by: str
    recorded_at: str
    handed_in_on: str
    sha256: str | None = None
    causes: tuple[str, ...] = ()
    revision: int = 0
    earlier: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """What it says."""
        return f"{self.handed_in_on}/{self.sha256 or ''}"

    def replaced_by(self, new: Report) -> Report:
        """``new`` in its place, or this when it says the same or was told before."""
        causes = (*self.causes, *(cause for cause in new.causes if cause not in self.causes))
        if new.causes and causes == self.causes:
            return self
        if new.mark == self.mark:
            return self if causes == self.causes else replace(self, causes=causes)
        return replace(new, causes=causes, revision=self.revision + 1, earlier=_earlier(self, new))


Thing = Contacts | Point | Totals | Report
"""What is kept."""
Replaceable = TypeVar("Replaceable", Contacts, Totals, Report)


def replaced(stands: Replaceable | None, *, new: Replaceable, expected_revision: int | None) -> Replaceable:
    """``new`` in the place of what stands, or that when it says the same.

    Raises RevisionMoved where it says something else, and another revision than the expected one stands; StoodBefore
    where none is expected, and it says what was replaced or taken back before.
    """
    if stands is None:
        return new
    after = stands.replaced_by(new)
    if after.revision == stands.revision:
        return after
    if expected_revision not in (None, stands.revision):
        raise RevisionMoved(expected_revision or 0, stands.revision)
    if expected_revision is None and new.mark in stands.earlier and not _tells_by_event(new):
        raise StoodBefore(stands.revision)
    return after


def _tells_by_event(thing: Contacts | Totals | Report) -> bool:
    """An event that comes again is known by its id: another one is meant."""
    return isinstance(thing, Report) and bool(thing.causes)


def _earlier(
    stands: Contacts | Totals | Report, new: Contacts | Totals | Report | None = None
) -> tuple[str, ...]:
    """The marks of what stood before, once ``new``, or nothing, stands in the place of ``stands``."""
    gone = [*stands.earlier, *([] if stands.mark is None else [stands.mark])]
    return tuple(mark for mark in gone if new is None or mark != new.mark)[-MOST_EARLIER:]
