"""What another generation would change on the board. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.quota.model import ELIGIBLE, Bucket, split_by_target
from services.quota.store import Sums
from shared.campaign import Campaign

_OTHERS, _OTHERS_NAME = "", "不承担名额的单位"
"""In place of a line: the units that owe no interviews."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The sums of one generation, and the campaign whose lines and targets they are shown by."""

    campaign: Campaign
    sums: Sums


@dataclass(frozen=True, slots=True)
class Moved:
    """A bucket of a quota line or a unit that holds another number of submissions ``after`` than ``before``."""

    name: str
    bucket: str
    before: int
    after: int


def moved_by_line(before: Counted, after: Counted) -> list[Moved]:
    """What changes by quota line, in the order of the campaign, those of its units that owe nothing last."""
    lines = {**before.campaign.quota_lines, **after.campaign.quota_lines}
    names = {_OTHERS: _OTHERS_NAME, **{id: line.name for id, line in lines.items()}}
    return list(_moved(_by_line(before), _by_line(after), names))


def moved_by_unit(before: Counted, after: Counted) -> list[Moved]:
    """What changes by unit. ``ELIGIBLE`` are those counted or over target: which, is decided by the line."""
    units = {**before.campaign.units, **after.campaign.units}
    names = {id: unit.name for id, unit in units.items()}
    return list(_moved(_by_unit(before), _by_unit(after), names))


def _by_line(counted: Counted) -> dict[str, Mapping[str, int]]:
    campaign, sums = counted.campaign, counted.sums
    found: dict[str, Mapping[str, int]] = {}
    rest = set(sums)
    for line in campaign.quota_lines.values():
        buckets = split_by_target(_added(sums, line.units), line.target_count)
        found[line.id] = {str(bucket): count for bucket, count in buckets.items()}
        rest -= {*line.units}
    return {**found, _OTHERS: _added(sums, rest)}


def _by_unit(counted: Counted) -> dict[str, Mapping[str, int]]:
    units = [*counted.campaign.units, *sorted(counted.sums.keys() - counted.campaign.units.keys())]
    return {unit: counted.sums.get(unit, {}) for unit in units}


def _added(sums: Sums, units: tuple[str, ...] | set[str]) -> Mapping[str, int]:
    added: Counter[str] = Counter()
    for unit in units:
        added.update(sums.get(unit, {}))
    return added


def _moved(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]], names: Mapping[str, str]
) -> Iterator[Moved]:
    for id in dict.fromkeys([*after, *before]):
        counts_before, counts_after = before.get(id, {}), after.get(id, {})
        for bucket in (ELIGIBLE, *Bucket):
            counts = counts_before.get(bucket, 0), counts_after.get(bucket, 0)
            if counts[0] != counts[1]:
                yield Moved(names.get(id, id), str(bucket), *counts)
