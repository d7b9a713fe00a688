"""How much of each obligation a unit has done until the end of a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.quota.obligations.facts import (
    CONTACTS,
    REPORT,
    TOTALS,
    ContactsFact,
    Facts,
    PointFact,
    ReportFact,
    TotalsFact,
    points_in,
)
from services.quota.series import Day
from shared.campaign import Obligation, ObligationKind, Unit


class Extent(StrEnum):
    """How much of it is done."""

    NOTHING = "nothing"
    PARTLY = "partly"
    WHOLLY = "wholly"


@dataclass(frozen=True, slots=True)
class Done:
    """So many of so many; ``on``: the day (ISO) when all were. ``counts``: what else there is to count."""

    count: int
    target: int
    on: str | None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def extent(self) -> Extent:
        """How much that is."""
        if self.on is not None:
            return Extent.WHOLLY
        return Extent.PARTLY if self.count else Extent.NOTHING


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a unit: what it has done, and of its quota line the target and the days (by collection)."""

    facts: Facts
    target_count: int
    days: Sequence[Day]


def done_of(obligation: Obligation, unit: Unit, known: Known, on: date) -> Done:
    """What ``unit`` has done of ``obligation`` until the end of ``on``; a ``target`` of 0 where it owes none."""
    match obligation.kind:
        case ObligationKind.CONTACTS:
            return _contacts_done(known.facts.get(CONTACTS), obligation, on)
        case ObligationKind.POINTS:
            return _points_done(points_in(known.facts), obligation, unit, on)
        case ObligationKind.INTERVIEWS:
            return _interviews_done(known.target_count, known.days, on)
        case ObligationKind.TOTALS:
            return _totals_done(known.facts.get(TOTALS), on)
        case ObligationKind.REPORT:
            return _report_done(known.facts.get(REPORT), on)


def _contacts_done(fact: object, obligation: Obligation, on: date) -> Done:
    known = fact.roles if isinstance(fact, ContactsFact) else {}
    days = [day for role, day in known.items() if role in obligation.contact_roles and day <= on.isoformat()]
    return _reached(days, len(obligation.contact_roles))


def _points_done(points: Mapping[str, PointFact], obligation: Obligation, unit: Unit, on: date) -> Done:
    """As many as the definition has for the unit: a new one counts as one of these does.

    One that is closed until the due day no longer counts, since another one is needed by then; closing one later takes
    nothing back.
    """
    today, until = on.isoformat(), min(on, obligation.due_on).isoformat()
    standing = {id: point for id, point in points.items() if point.is_there_on(today)}
    days = [
        point.set_up_on for point in standing.values() if point.closed_on is None or point.closed_on > until
    ]
    is_open = [id for id, point in standing.items() if point.closed_on is None or point.closed_on > today]
    defined = {point.id for point in unit.points}
    counts = {"open": len(is_open), "added": len(set(is_open) - defined)}
    return _reached(days, len(defined), counts)


def _interviews_done(target_count: int, days: Sequence[Day], on: date) -> Done:
    """The eligible interviews of the unit's quota line, by the day of the interview."""
    until = [day for day in days if day.day <= on.isoformat()]
    reached = next((day.day for day in until if day.eligible_total >= target_count), None)
    return Done(until[-1].eligible_total if until else 0, target_count, reached)


def _totals_done(fact: object, on: date) -> Done:
    if not isinstance(fact, TotalsFact) or fact.totalled_on > on.isoformat():
        return Done(0, 1, None)
    counts = {"questionnaires": fact.questionnaires_count, "paper": fact.paper_count}
    return Done(1, 1, fact.totalled_on, counts)


def _report_done(fact: object, on: date) -> Done:
    if not isinstance(fact, ReportFact) or fact.handed_in_on > on.isoformat():
        return Done(0, 1, None)
    return Done(1, 1, fact.handed_in_on)


def _reached(days: Sequence[str], target: int, counts: Mapping[str, int] | None = None) -> Done:
    """Done on the day of the last one that was needed."""
    on = sorted(days)[target - 1] if 0 < target <= len(days) else None
    return Done(len(days), target, on, counts or {})
