"""The documents of obligations: one for each thing that a unit did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from services.intake.obligations.model import Contacts, Report, Thing, Totals
from services.intake.obligations.points import Point
from shared.store.paging import all_documents
from shared.store.port import Collection, Document, Index, Reader

CONTACTS = Collection("intake.contacts")
POINTS = Collection("intake.points", (Index(("campaign", "unit")),))
TOTALS = Collection("intake.totals")
REPORTS = Collection("intake.reports")
COLLECTIONS = (CONTACTS, POINTS, TOTALS, REPORTS)
READ_AT_ONCE = 500

Kept = TypeVar("Kept", bound=Thing)


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Kept]):
    """Where things of one type lie."""

    collection: Collection
    type: type[Kept]

    def thing_of(self, document: Document | None) -> Kept | None:
        """The thing in ``document``."""
        return None if document is None else msgspec.convert(document.body, self.type)


CONTACTS_SHELF = Shelf(CONTACTS, Contacts)
POINTS_SHELF = Shelf(POINTS, Point)
TOTALS_SHELF = Shelf(TOTALS, Totals)
REPORTS_SHELF = Shelf(REPORTS, Report)


def contacts_id(campaign: str, unit: str) -> str:
    """The id of a unit's table of contacts."""
    return f"{campaign}/{unit}/contacts"


def point_id(campaign: str, unit: str, point: str) -> str:
    """The id of what became of a unit's point."""
    return f"{campaign}/{unit}/points/{point}"


def totals_id(campaign: str, unit: str) -> str:
    """The id of a unit's totals."""
    return f"{campaign}/{unit}/totals"


def report_id(campaign: str, unit: str) -> str:
    """The id of a unit's report."""
    return f"{campaign}/{unit}/report"


async def points_of(reader: Reader, campaign: str, unit: str) -> dict[str, Point]:
    """What became of a unit's points, by the point's id."""
    where = {"campaign": campaign, "unit": unit}
    documents = all_documents(reader, POINTS, where, at_once=READ_AT_ONCE)
    points = [msgspec.convert(document.body, Point) async for document in documents]
    return {point.point: point for point in points}
