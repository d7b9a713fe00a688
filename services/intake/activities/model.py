"""An activity: a visit to a firm, a discussion meeting, or what else a unit did to hear workers. Pure.

What is kept is what the summary table (情况汇总表) counts: firms visited, workers talked to there, meetings, people at
them; and the unit's own way of working, as ``1+3+N`` or visits by grid cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

NO_WAY = "未注明"
"""Stands for the way of working where none is told."""


class Kind(StrEnum):
    """What kind of activity it is."""

    VISIT = "visit"
    MEETING = "meeting"
    OTHER = "other"


KIND_NAMES = {Kind.VISIT: "走访", Kind.MEETING: "座谈会", Kind.OTHER: "其他"}


class Activity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What intake remembers of an activity.

    ``firm`` is the name: a firm is no person, and the unit must know its entries again; it goes no further than
    here. What flows on is ``firm_pseudonym``. ``content_mac`` and, once amended, ``amended_mac`` tell a repeat from
    other content.
    """

    id: str
    campaign: str
    unit: str
    kind: Kind
    held_on: str
    people_count: int
    recorded_by: str
    recorded_at: str
    content_mac: str
    firm: str | None = None
    firm_pseudonym: str | None = None
    point: str | None = None
    way_of_working: str | None = None
    revision: int = 0
    amended_mac: str | None = None
    withdrawn_at: str | None = None

    def is_told_by(self, content_mac: str) -> bool:
        """Whether this content was accepted before, as the original or as what stands now."""
        return content_mac in (self.content_mac, self.amended_mac)

    def amended(self, new: Activity) -> Activity:
        """With the content of ``new``: the next revision."""
        return replace(
            new,
            content_mac=self.content_mac,
            amended_mac=new.content_mac,
            revision=self.revision + 1,
        )

    def withdrawn(self, at: str) -> Activity:
        """Recorded by mistake: it doesn't count, and its firm is forgotten."""
        return replace(self, withdrawn_at=at, firm=None, firm_pseudonym=None)


class Sums(NamedTuple):
    """What the summary table asks for; interviews one by one are counted by the quota's books, not here."""

    visits_count: int
    firms_visited_count: int
    workers_met_count: int
    meetings_count: int
    meeting_people_count: int
    others_count: int
    other_people_count: int


class Totals(NamedTuple):
    """The sums of some activities: of all, and by way of working."""

    all: Sums
    by_way: dict[str, Sums]


def totals_of(activities: Iterable[Activity]) -> Totals:
    """The totals of ``activities``, without those that were withdrawn. A firm that was visited twice is one firm."""
    standing = [activity for activity in activities if activity.withdrawn_at is None]
    ways = sorted({activity.way_of_working or NO_WAY for activity in standing})
    by_way = {way: _sums([a for a in standing if (a.way_of_working or NO_WAY) == way]) for way in ways}
    return Totals(_sums(standing), by_way)


def _sums(activities: list[Activity]) -> Sums:
    of = {kind: [activity for activity in activities if activity.kind is kind] for kind in Kind}
    people = {kind: sum(activity.people_count for activity in some) for kind, some in of.items()}
    return Sums(
        visits_count=len(of[Kind.VISIT]),
        firms_visited_count=len({visit.firm_pseudonym for visit in of[Kind.VISIT]}),
        workers_met_count=people[Kind.VISIT],
        meetings_count=len(of[Kind.MEETING]),
        meeting_people_count=people[Kind.MEETING],
        others_count=len(of[Kind.OTHER]),
        other_people_count=people[Kind.OTHER],
    )
