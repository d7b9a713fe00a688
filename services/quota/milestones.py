"""Telling, once, that a quota line has reached a share of its target."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from services.quota import store
from services.quota.documents import sum_id
from services.quota.generations import Generation
from services.quota.model import ELIGIBLE, milestones_reached
from shared.campaign import Campaign, QuotaLine
from shared.consuming import Effects
from shared.events import QuotaMilestoneReached, Topic, derived_id, make_event, rfc3339
from shared.store.port import DuplicateId, Reader, TransactionConflict


async def emit_milestones(
    campaign: Campaign, units: Set[str], generation: Generation, effects: Effects, now: datetime
) -> None:
    """Emit the milestones that the lines of ``units`` have reached in ``generation`` and that were never told.

    Raises TransactionConflict when another process tells the same at this moment.
    """
    fresh = await untold_milestones(campaign, units, generation, effects.transaction, now)
    if fresh:
        bodies = [(id, {"reached_at": data.reached_at}) for id, data in fresh.items()]
        try:
            await effects.transaction.insert_many(store.MILESTONES, bodies)
        except DuplicateId as error:
            raise TransactionConflict(str(error)) from error
    for id, data in fresh.items():
        event = make_event(
            data,
            id=derived_id("milestone", id),
            source="/dafangtan/quota",
            subject=id,
            time=data.reached_at,
            key=f"{campaign.id}/{data.quota_line}",
        )
        effects.emit(Topic.QUOTA, event)


async def untold_milestones(
    campaign: Campaign, units: Set[str], generation: Generation, reader: Reader, now: datetime
) -> dict[str, QuotaMilestoneReached]:
    """The milestones that the lines of ``units`` have reached and that were never told, by id."""
    lines = {line.id: line for unit, line in campaign.owing_units() if unit.id in units}
    sum_ids = {unit: sum_id(campaign.id, unit) for line in lines.values() for unit in line.units}
    sums = await reader.counters(generation.sums, list(sum_ids.values()))
    reached = {}
    for line in lines.values():
        eligible = sum(sums.get(sum_ids[unit], {}).get(ELIGIBLE, 0) for unit in line.units)
        for percent in milestones_reached(eligible, line.target_count, campaign.milestones):
            reached[f"{campaign.id}/{line.id}/{percent}"] = _data(campaign, line, percent, eligible, now)
    if not reached:
        return {}
    told = await reader.get_many(store.MILESTONES, list(reached))
    return {id: data for id, data in reached.items() if id not in told}


def _data(
    campaign: Campaign, line: QuotaLine, percent: int, eligible: int, now: datetime
) -> QuotaMilestoneReached:
    return QuotaMilestoneReached(
        campaign=campaign.id,
        quota_line=line.id,
        percent=percent,
        counted_count=min(eligible, line.target_count),
        target_count=line.target_count,
        reached_at=rfc3339(now),
    )
