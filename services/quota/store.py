"""The documents of quota: a standing per submission, the claims per person, sums per unit."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from services.quota.generations import Generation, live_of
from services.quota.model import ELIGIBLE, NOTHING_KNOWN, Claim, Content, Fields, Standing
from shared.store.paging import all_documents
from shared.store.port import Collection, Document, Reader, Transaction

MILESTONES = Collection("quota.milestones")
"""Which milestones were told; not part of the fold, so a rebuild doesn't tell them again."""

STANDINGS_AT_ONCE = 500
"""Others have their turn between two pages."""

Sums = dict[str, dict[str, int]]
Increments = dict[str, dict[str, int]]


class By(StrEnum):
    """Which day a submission belongs to."""

    COLLECTED = "collected"
    RECEIVED = "received"


Place = tuple[str, str, Fields, str, str]
"""Where a submission is added up: campaign, unit, fields, the day of collection, the day of arrival. A plain tuple:
one is made for each submission."""


@dataclass(slots=True)
class Amounts:
    """What to add where. ``points``: by campaign, interview point and day of collection; ``groups``: by campaign, unit
    and the cells that a respondent lies in. Apart, since many submissions share a place, and few all of these."""

    places: defaultdict[Place, int] = field(default_factory=lambda: defaultdict(int))
    points: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    groups: defaultdict[tuple[str, str, tuple[str, ...]], int] = field(
        default_factory=lambda: defaultdict(int)
    )

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


def person_id(campaign: str, person: str) -> str:
    """The id of a person's claims: persons are counted apart in each campaign."""
    return f"{campaign}/{person}"


def point_id(campaign: str, point: str) -> str:
    """The id of a point's interviews."""
    return f"{campaign}/{point}"


def sum_id(campaign: str, unit: str) -> str:
    """The id of a unit's sums."""
    return f"{campaign}/{unit}"


async def write_all(
    transaction: Transaction,
    collection: Collection,
    known: Mapping[str, Document],
    bodies: Sequence[tuple[str, bytes]],
) -> None:
    """Write ``bodies``: replace where ``known`` has the id, insert elsewhere."""
    fresh = [each for each in bodies if each[0] not in known]
    changed = [(id, body, known[id].version) for id, body in bodies if id in known] if known else []
    if fresh:
        await transaction.insert_many(collection, fresh)
    if changed:
        await transaction.replace_many(collection, changed)


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


async def sums_of(reader: Reader, campaign: str) -> Sums:
    """Every unit's sums by field (bucket, or persons), by unit id: those of the live generation. Raises RetryLater."""
    live = await live_of(reader)
    return {} if live is None else await sums_in(reader, live, campaign)


async def sums_in(reader: Reader, generation: Generation, campaign: str) -> Sums:
    """As ``sums_of``, those of ``generation``."""
    prefix = sum_id(campaign, "")
    counters = await reader.all_counters(generation.sums, prefix=prefix)
    return {id.removeprefix(prefix): fields for id, fields in counters.items()}


def standing_body(standing: Standing) -> bytes:
    """The document of a standing. What isn't known is left out: there is one for every submission."""
    return _encode(standing)


def standing_of(document: Document | None) -> Standing:
    """The standing in ``document``."""
    return NOTHING_KNOWN if document is None else msgspec.convert(document.body, Standing)


async def all_standings(
    reader: Reader, generation: Generation, campaign: str
) -> AsyncIterator[tuple[str, Standing, Content]]:
    """Each submission of ``campaign`` with content: its id, its standing, and that content. Raises RetryLater."""
    async for document in all_documents(reader, generation.standings, {}, at_once=STANDINGS_AT_ONCE):
        standing = standing_of(document)
        content = standing.content
        if content is not None and content.campaign == campaign:
            yield document.id, standing, content


def person_body(claims: Iterable[Claim]) -> bytes:
    """The document of a person's claims, first one first; empty without any, as if there never had been one."""
    return _encode(_Claims(sorted(claims)))


def claims_of(document: Document | None) -> Set[Claim]:
    """The claims in ``document``."""
    return _NONE if document is None else frozenset(msgspec.convert(document.body, _Claims).claims)


async def days_of(reader: Reader, campaign: str, by: By, *, only: str | None = None) -> dict[str, Sums]:
    """Every unit's sums of each day by field, by day (as ``2024-05-20``) in order and unit id: those of the live
    generation. Raises RetryLater.

    ``only``: of this field and no other, which is a quarter of the work. Where there are many units, it is long: a
    thread does it.
    """
    live = await live_of(reader)
    return {} if live is None else await days_in(reader, live, campaign, by, only=only)


async def days_in(
    reader: Reader, generation: Generation, campaign: str, by: By, *, only: str | None = None
) -> dict[str, Sums]:
    """As ``days_of``, those of ``generation``."""
    prefix = sum_id(campaign, "")
    counters = await reader.all_counters(generation.days, prefix=prefix)
    return await asyncio.to_thread(_by_day, counters, prefix, by, only)


def _by_day(
    counters: Mapping[str, Mapping[str, int]], prefix: str, by: By, only: str | None
) -> dict[str, Sums]:
    days: dict[str, Sums] = {}
    ending = "" if only is None else f"/{only}"
    for id, fields in counters.items():
        unit = id.removeprefix(prefix)
        for name, count in fields.items():
            if count and name.startswith(by) and name.endswith(ending):
                _, day, bucket = name.split("/")
                days.setdefault(day, {}).setdefault(unit, {})[bucket] = count
    return dict(sorted(days.items()))


async def points_of(reader: Reader, campaign: str) -> dict[str, dict[str, int]]:
    """The eligible interviews of each day of collection, by interview point: those of the live generation."""
    live = await live_of(reader)
    if live is None:
        return {}
    prefix = point_id(campaign, "")
    counters = await reader.all_counters(live.points, prefix=prefix)
    return {
        id.removeprefix(prefix): {day: n for day, n in sorted(days.items()) if n}
        for id, days in counters.items()
    }


async def groups_of(reader: Reader, campaign: str) -> Sums:
    """Every unit's eligible interviews by cell, by unit id: those of the live generation."""
    live = await live_of(reader)
    if live is None:
        return {}
    prefix = sum_id(campaign, "")
    counters = await reader.all_counters(live.groups, prefix=prefix)
    return {id.removeprefix(prefix): fields for id, fields in counters.items()}


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    claims: list[Claim] = []


_NONE: frozenset[Claim] = frozenset()
_encode = msgspec.json.Encoder().encode
