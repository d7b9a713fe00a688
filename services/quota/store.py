"""Reading quota's documents (a standing per submission, the claims per person, sums per unit), and writing them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from services.quota.documents import point_id, standing_of, sum_id
from services.quota.generations import Generation, live_of
from services.quota.model import By, Content, Standing
from shared.store.paging import all_documents
from shared.store.port import Collection, Document, Reader, Transaction

MILESTONES = Collection("quota.milestones")
"""Which milestones were told; not part of the fold, so a rebuild doesn't tell them again."""

STANDINGS_AT_ONCE = 500
"""Others have their turn between two pages."""

Sums = dict[str, dict[str, int]]


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


async def sums_of(reader: Reader, campaign: str) -> Sums:
    """Every unit's sums by field (bucket, or persons), by unit id: those of the live generation. Raises RetryLater."""
    live = await live_of(reader)
    return {} if live is None else await sums_in(reader, live, campaign)


async def sums_in(reader: Reader, generation: Generation, campaign: str) -> Sums:
    """As ``sums_of``, those of ``generation``."""
    prefix = sum_id(campaign, "")
    counters = await reader.all_counters(generation.sums, prefix=prefix)
    return {id.removeprefix(prefix): fields for id, fields in counters.items()}


async def all_standings(
    reader: Reader, generation: Generation, campaign: str
) -> AsyncIterator[tuple[str, Standing, Content]]:
    """Each submission of ``campaign`` with content: its id, its standing, and that content. Raises RetryLater."""
    async for document in all_documents(reader, generation.standings, {}, at_once=STANDINGS_AT_ONCE):
        standing = standing_of(document)
        content = standing.content
        if content is not None and content.campaign == campaign:
            yield document.id, standing, content


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
