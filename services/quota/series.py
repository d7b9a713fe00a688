"""A campaign day by day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.quota.model import ELIGIBLE, Bucket
from services.quota.store import Sums
from shared.campaign import Campaign
from shared.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Day:
    """What came on ``day``: eligible interviews, and all else by bucket. ``eligible_total``: until its end."""

    day: str
    eligible: int
    eligible_total: int
    buckets: Mapping[str, int]


_ADDED_UP = frozenset({ELIGIBLE, *map(str, Bucket)})


def units_of(campaign: Campaign, quota_line: str | None, unit: str | None) -> tuple[str, ...]:
    """The units that are asked for: those of a line, one, or all. Raises Invalid, NotFound."""
    if quota_line is not None and unit is not None:
        raise Invalid("名额（quota_line）和责任单位（unit）只能选一个。")
    if unit is not None:
        return (campaign.unit(unit).id,)
    if quota_line is None:
        return tuple(campaign.units)
    if quota_line not in campaign.quota_lines:
        known = "、".join(campaign.quota_lines)
        raise NotFound(f"没有名额“{quota_line}”；可用的有：{known}", code="unknown-quota-line")
    return campaign.quota_lines[quota_line].units


def eligible_by_day(days: Mapping[str, Sums], units: Iterable[str]) -> dict[date, int]:
    """The eligible interviews of ``units`` by day."""
    return {date.fromisoformat(each.day): each.eligible for each in series_of(days, units)}


def series_of(days: Mapping[str, Sums], units: Iterable[str]) -> list[Day]:
    """The days on which something came for ``units``, in order."""
    wanted = frozenset(units)
    series: list[Day] = []
    total = 0
    for day, sums in sorted(days.items()):
        buckets: dict[str, int] = {}
        for unit in wanted & sums.keys():
            for bucket in _ADDED_UP & sums[unit].keys():
                buckets[bucket] = buckets.get(bucket, 0) + sums[unit][bucket]
        if any(buckets.values()):
            eligible = buckets.pop(ELIGIBLE, 0)
            total += eligible
            series.append(Day(day, eligible, total, buckets))
    return series
