"""What the log says that a unit has done. Pure.

Each fact tells the whole of one thing at its revision, so that of two the later one stands, in whatever order and
however often they come.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

CONTACTS, TOTALS, REPORT = "contacts", "totals", "report"
"""The keys of what there is one of in a unit."""
_POINTS = "points/"


class ContactsFact(msgspec.Struct, frozen=True, tag_field="kind", tag="contacts"):
    """Since which day (ISO) somebody is registered for each role; none when the table was withdrawn."""

    revision: int
    roles: Mapping[str, str]


class PointFact(msgspec.Struct, frozen=True, tag_field="kind", tag="point"):
    """The day (ISO) when an interview point was set up, and from which on it is closed. One that isn't of the
    definition has a ``name``."""

    revision: int
    set_up_on: str
    closed_on: str | None = None
    name: str | None = None

    def is_there_on(self, day: str) -> bool:
        """Whether it was set up by then. One that is closed on the day when it was set up never was."""
        return self.set_up_on <= day and self.closed_on != self.set_up_on


class TotalsFact(msgspec.Struct, frozen=True, tag_field="kind", tag="totals"):
    """The day (ISO) when the questionnaires were totalled: how many, and how many of them on paper alone."""

    revision: int
    totalled_on: str
    questionnaires_count: int
    paper_count: int


class ReportFact(msgspec.Struct, frozen=True, tag_field="kind", tag="report"):
    """The day (ISO) when the key-points report was handed in."""

    revision: int
    handed_in_on: str


Fact = ContactsFact | PointFact | TotalsFact | ReportFact
Facts = Mapping[str, Fact]
"""What a unit has done, by key."""


def point_key(point: str) -> str:
    """The key of what became of a point."""
    return f"{_POINTS}{point}"


def points_in(facts: Facts) -> dict[str, PointFact]:
    """The points of a unit, by id."""
    return {key.removeprefix(_POINTS): fact for key, fact in facts.items() if isinstance(fact, PointFact)}


def later(one: Fact, other: Fact) -> Fact:
    """The one that stands: of the higher revision. Of equal ones (two programs told) always the same one."""
    return max(one, other, key=lambda fact: (fact.revision, _encode(fact)))


_encode = msgspec.json.Encoder(order="sorted").encode
