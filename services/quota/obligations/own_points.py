"""The interview points that units set up themselves, beside those of the definition. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from services.quota.obligations.facts import Facts, points_in
from shared.campaign import Campaign, Point


def with_own_points(campaign: Campaign, facts: Mapping[str, Facts], on: date) -> Campaign:
    """``campaign`` with what its units have set up by the end of ``on``; ``facts`` by unit."""
    return campaign.with_points(_own_points(campaign, facts, on.isoformat()))


def _own_points(campaign: Campaign, facts: Mapping[str, Facts], day: str) -> Iterator[Point]:
    for unit, told in facts.items():
        for id, fact in sorted(points_in(told).items()):
            if fact.name is not None and id not in campaign.points and fact.is_there_on(day):
                yield Point(id, fact.name, unit)
