"""The documents of activities: one each."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from services.intake.activities.model import Activity
from shared.store.paging import all_documents
from shared.store.port import Collection, Document, Index, Range, Reader

ACTIVITIES = Collection(
    "intake.activities", (Index(("campaign", "held_on")), Index(("campaign", "unit", "held_on")))
)
PAGE_LENGTH = 100
READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Which activities: of a unit (None: of all), held from one day to another, both included (ISO dates)."""

    campaign: str
    unit: str | None = None
    first: str | None = None
    last: str | None = None

    def where(self) -> dict[str, str | int | bool | Range]:
        """As the store is asked."""
        days = Range(gte=self.first, lt=None if self.last is None else f"{self.last}~")
        unit = {} if self.unit is None else {"unit": self.unit}
        return {"campaign": self.campaign, **unit, "held_on": days}


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Some activities, latest first, and the ``cursor`` that continues after them (None: that was all)."""

    activities: tuple[Activity, ...]
    cursor: str | None


def activity_of(document: Document) -> Activity:
    """The activity in ``document``."""
    return msgspec.convert(document.body, Activity)


async def find_page(reader: Reader, asked: Asked, *, limit: int, cursor: str | None) -> ActivityPage:
    """A page of what was asked for."""
    page = await reader.find(
        ACTIVITIES, asked.where(), order_by="held_on", descending=True, limit=limit, cursor=cursor
    )
    return ActivityPage(tuple(activity_of(document) for document in page.documents), page.cursor)


async def find_all(reader: Reader, asked: Asked) -> list[Activity]:
    """All that was asked for."""
    documents = all_documents(reader, ACTIVITIES, asked.where(), order_by="held_on", at_once=READ_AT_ONCE)
    return [activity_of(document) async for document in documents]
