"""By how much the sums of quota grow. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.quota.documents import point_id, sum_id
from services.quota.model import ELIGIBLE, By, Claim, Fields

Increments = dict[str, dict[str, int]]

PointDay = tuple[str, str, str]
"""A campaign, an interview point and a day of collection."""

Cells = tuple[str, str, tuple[str, ...]]
"""A campaign, a unit, and the cells that a respondent lies in."""

Place = tuple[str, str, Fields, str, str]
"""Where a submission is added up: campaign, unit, fields, the day of collection, the day of arrival. A plain tuple:
one is made for each submission."""


@dataclass(slots=True)
class Amounts:
    """What to add where. Points and cells are apart, since many submissions share a place, and few all of these."""

    places: defaultdict[Place, int] = field(default_factory=lambda: defaultdict(int))
    points: defaultdict[PointDay, int] = field(default_factory=lambda: defaultdict(int))
    groups: defaultdict[Cells, int] = field(default_factory=lambda: defaultdict(int))

    def add_claim(self, campaign: str, claim: Claim, fields: Fields, received_on: str, amount: int) -> None:
        """Add an eligible submission to ``fields``: of those, the bucket comes first."""
        self.places[campaign, claim.unit, fields, claim.collected_on, received_on] += amount
        if fields[0] != ELIGIBLE:
            return
        if claim.point is not None:
            self.points[campaign, claim.point, claim.collected_on] += amount
        if claim.cells:
            self.groups[campaign, claim.unit, claim.cells] += amount

    def grown(self) -> set[tuple[str, str]]:
        """Campaigns and units in which there are more eligible submissions somewhere."""
        return {(place[0], place[1]) for place, n in self.places.items() if place[2][0] == ELIGIBLE and n > 0}


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much the counters grow; nothing where that is nothing."""

    sums: Increments
    days: Increments
    points: Increments
    groups: Increments


def added_up(amounts: Amounts) -> Growth:
    """By how much the counters grow."""
    sums, days, points, groups = _Adding(), _Adding(), _Adding(), _Adding()
    for (campaign, unit, fields, collected_on, received_on), amount in amounts.places.items():
        if not amount:
            continue
        id = sum_id(campaign, unit)
        its_sums, its_days = sums[id], days[id]
        for name in fields:
            its_sums[name] += amount
            its_days[f"{By.COLLECTED}/{collected_on}/{name}"] += amount
            its_days[f"{By.RECEIVED}/{received_on}/{name}"] += amount
    for (campaign, point, collected_on), amount in amounts.points.items():
        points[point_id(campaign, point)][collected_on] += amount
    for (campaign, unit, cells), amount in amounts.groups.items():
        its_groups = groups[sum_id(campaign, unit)]
        for cell in cells:
            its_groups[cell] += amount
    return Growth(*map(_without_zeros, (sums, days, points, groups)))


class _Adding(defaultdict[str, defaultdict[str, int]]):
    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(int))


def _without_zeros(sums: Mapping[str, Mapping[str, int]]) -> Increments:
    kept = {id: {field: n for field, n in fields.items() if n} for id, fields in sums.items()}
    return {id: fields for id, fields in kept.items() if fields}
