"""The use cases of advice: how the interviews are spread, and what to do next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.quota.advice.past import Past
from services.quota.advice.quiet import QuietPoint, quiet_points
from services.quota.advice.seeking import Sought, distance, sought
from services.quota.advice.soft_quotas import SoftQuotas, margins_with, soft_quotas_of
from services.quota.explaining import other_rules
from services.quota.generations import Generation, live_of
from services.quota.model import ELIGIBLE, By, Rules
from services.quota.obligations.facts import Facts, points_in
from services.quota.obligations.own_points import with_own_points
from services.quota.obligations.store import facts_of
from services.quota.series import units_of
from services.quota.store import Sums, groups_of, points_of, sums_of
from shared.access import Action, Principal, Resource
from shared.campaign import Campaign, Point
from shared.platform import Platform

GROUPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next: points to look after, the longest quiet first, and whom to seek, most helpful first.

    ``points``: those that are quiet, by id. ``distance`` is that of the interviews to the reference margins; None where
    the campaign has none.
    """

    quiet: list[QuietPoint]
    points: Mapping[str, Point]
    distance: float | None
    sought: list[Sought]


class Advising:
    """Looks at how the interviews are spread. Every method raises NotAllowed, NotFound, RetryLater."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._generation = Generation.of(platform.campaigns)

    async def soft_quotas(
        self,
        principal: Principal,
        campaign: str,
        *,
        quota_line: str | None,
        unit: str | None,
        as_of: date | None,
        by: By,
    ) -> list[SoftQuotas]:
        """The soft quotas of a line, of a unit, or of the whole campaign; as of a day, without what came or was held
        later. Raises Invalid."""
        definition = self._allowed(principal, campaign, unit)
        units = units_of(definition, quota_line, unit)
        eligible, groups = await (self._now(campaign) if as_of is None else self._then(definition, as_of, by))
        margins = margins_with(definition, groups, units)
        count = sum(eligible.get(each, 0) for each in units)
        return soft_quotas_of(margins, _target(definition, quota_line, unit), count)

    async def advice(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> tuple[date, Advice]:
        """The day, and what ``unit`` may do next, or all."""
        definition = self._allowed(principal, campaign, unit)
        today = on or definition.day_of(self._platform.clock())
        store = self._platform.store
        units = units_of(definition, None, unit)
        facts = await facts_of(store, campaign, units)
        there_are = with_own_points(definition, facts, today)
        set_up_on = _set_up_on(there_are, facts, today)
        quiet = _quiet(definition, await points_of(store, campaign), set_up_on, today)
        margins = margins_with(definition, await groups_of(store, campaign), units)
        found = await asyncio.to_thread(sought, margins, limit=GROUPS_SHOWN)
        points = {each.point: there_are.points[each.point] for each in quiet}
        return today, Advice(quiet, points, distance(margins) if margins else None, found)

    async def _now(self, campaign: str) -> tuple[Mapping[str, int], Sums]:
        """The eligible interviews of each unit, and those of each cell."""
        sums = await sums_of(self._platform.store, campaign)
        eligible = {unit: its.get(ELIGIBLE, 0) for unit, its in sums.items()}
        return eligible, await groups_of(self._platform.store, campaign)

    async def _then(self, campaign: Campaign, as_of: date, by: By) -> tuple[Mapping[str, int], Sums]:
        """As ``_now``, as of a day."""
        live = await live_of(self._platform.store)
        if live is None:
            return {}, {}
        if live != self._generation:
            raise other_rules()
        past = Past(campaign, Rules.of(campaign), as_of, by)
        await past.read(self._platform.store, live)
        return past.eligible, past.groups

    def _allowed(self, principal: Principal, campaign: str, unit: str | None) -> Campaign:
        resource = Resource(kind="progress", campaign=campaign, unit=unit)
        self._platform.access.check(principal, Action.READ_PROGRESS, resource)
        return self._platform.campaign(campaign)


def _target(campaign: Campaign, quota_line: str | None, unit: str | None) -> int | None:
    """None for a unit without a target of its own: it owes nothing, or shares its line with others."""
    if unit is not None:
        line = campaign.quota_line_of(unit)
        return None if line is None or len(line.units) > 1 else line.target_count
    return campaign.target_interviews if quota_line is None else campaign.quota_lines[quota_line].target_count


def _set_up_on(campaign: Campaign, facts: Mapping[str, Facts], today: date) -> dict[str, date]:
    """The points that are not closed, by the day when they were set up.

    Of one that no unit has told of, it is the first day of the interviewing phase.
    """
    set_up_on = {}
    for unit, told in facts.items():
        known = points_in(told)
        for point in campaign.unit(unit).points:
            fact = known.get(point.id)
            if fact is None:
                set_up_on[point.id] = campaign.interviewing.starts_on
            elif fact.closed_on is None or fact.closed_on > today.isoformat():
                set_up_on[point.id] = date.fromisoformat(fact.set_up_on)
    return set_up_on


def _quiet(
    campaign: Campaign,
    days: Mapping[str, Mapping[str, int]],
    set_up_on: Mapping[str, date],
    today: date,
) -> list[QuietPoint]:
    """Only while interviews are held: before, every point is quiet, and afterwards too."""
    phase = campaign.interviewing
    if not phase.starts_on <= today <= phase.ends_on:
        return []
    counts = {
        point: {date.fromisoformat(day): count for day, count in days.get(point, {}).items()}
        for point in set_up_on
    }
    return quiet_points(counts, set_up_on, campaign.calendar, today)
