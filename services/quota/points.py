"""What was held at each interview point. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.campaign import Campaign


@dataclass(frozen=True, slots=True)
class PointProgress:
    """An interview point: its eligible interviews until a day, and on which days the first and the last were held.

    ``target_count`` is None where nobody has said how many interviews are to be held there.
    """

    point: str
    name: str
    unit: str
    target_count: int | None
    eligible: int
    first_on: date | None
    last_on: date | None


def points_on(
    campaign: Campaign, days: Mapping[str, Mapping[str, int]], unit: str | None, day: date
) -> list[PointProgress]:
    """The points of ``unit``, or all, at the end of ``day``, from their eligible interviews by day of collection.

    Raises NotFound for a unit that isn't there.
    """
    points = campaign.points.values() if unit is None else campaign.unit(unit).points
    return [
        _progress(
            point.id, point.name, point.unit, point.target_count, days.get(point.id, {}), day.isoformat()
        )
        for point in points
    ]


def _progress(
    id: str, name: str, unit: str, target_count: int | None, days: Mapping[str, int], until: str
) -> PointProgress:
    held = [each for each in sorted(days) if each <= until]
    return PointProgress(
        point=id,
        name=name,
        unit=unit,
        target_count=target_count,
        eligible=sum(days[each] for each in held),
        first_on=date.fromisoformat(held[0]) if held else None,
        last_on=date.fromisoformat(held[-1]) if held else None,
    )
