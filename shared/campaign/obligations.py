"""What a campaign asks of each unit besides single interviews: by when, and who acts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class ObligationKind(StrEnum):
    """What a unit owes."""

    CONTACTS = "contacts"
    POINTS = "points"
    INTERVIEWS = "interviews"
    TOTALS = "totals"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that units owe, on ``due_on`` at the latest.

    ``acts`` is the role that does it, ``chases`` the one that sees to it once it is overdue. ``contact_roles``, of the
    contacts alone: whom the table must name, id to title.
    """

    kind: ObligationKind
    name: str
    due_on: date
    acts: str
    chases: str
    contact_roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obligations:
    """All that units owe, by kind; empty where a campaign asks for nothing.

    ``due_soon_days``: so many days before its day, that one included, an obligation begins to be due.
    """

    due_soon_days: int = 1
    by_kind: Mapping[ObligationKind, Obligation] = field(default_factory=dict)
