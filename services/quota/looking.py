"""The use cases of quota: who may look at what, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.quota.board import Progress, UnitProgress, progress_of, sums_until
from services.quota.explaining import Explaining, Explanation, unknown_submission
from services.quota.forecast.model import Forecast, forecast
from services.quota.model import By
from services.quota.obligations.own_points import with_own_points
from services.quota.obligations.store import facts_of
from services.quota.points import PointProgress, points_on
from services.quota.schedule import Schedule, schedule_of
from services.quota.series import Day, eligible_by_day, series_of, units_of
from services.quota.status.grounds import histories_of, work_of
from services.quota.status.showing import Showing
from services.quota.store import Sums, days_of, points_of, sums_of
from services.quota.workbook import Export
from shared.access import Action, Principal, Resource
from shared.campaign import Campaign, QuotaLine
from shared.platform import Platform


@dataclass(frozen=True, slots=True)
class When:
    """As of when the board is asked for: ``on`` judges the status; ``as_of`` leaves out what came later, ``by`` its
    day of collection or of arrival."""

    on: date | None = None
    as_of: date | None = None
    by: By = By.RECEIVED

    @property
    def counted_by(self) -> By:
        """Which day a submission counts for when the status is judged: that of the board's numbers, where these are
        as of a day."""
        return By.COLLECTED if self.as_of is None else self.by


class Looking:
    """Looks at the fold. Every method raises NotAllowed, NotFound, RetryLater."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._explaining = Explaining(platform.store, platform.campaigns)
        self._showing = Showing(platform.store, platform.clock)

    async def progress(self, principal: Principal, campaign: str, when: When) -> Progress:
        """The whole board."""
        self._check(principal, Action.READ_PROGRESS, campaign)
        return await self._progress(self._platform.campaign(campaign), when)

    async def unit_progress(self, principal: Principal, campaign: str, unit: str, when: When) -> UnitProgress:
        """One unit, and how far its line is."""
        self._check(principal, Action.READ_PROGRESS, campaign, unit)
        progress = await self._progress(self._platform.campaign(campaign), when)
        share, line = progress.of_unit(unit)
        return UnitProgress(share, line, tells_others=self._sees_all(principal, campaign))

    async def books(self, principal: Principal, campaign: str) -> Mapping[str, int]:
        """The buckets of all that was accepted."""
        self._check(principal, Action.READ_BOOKS, campaign)
        definition = self._platform.campaign(campaign)
        sums = await sums_of(self._platform.store, campaign)
        progress = progress_of(definition, sums, self._today(definition), {})
        return {str(bucket): count for bucket, count in progress.buckets.items()}

    async def series(
        self, principal: Principal, campaign: str, *, quota_line: str | None, unit: str | None, by: By
    ) -> list[Day]:
        """Day by day: a line, a unit, or all. Raises Invalid too."""
        self._check(principal, Action.READ_PROGRESS, campaign, unit)
        units = units_of(self._platform.campaign(campaign), quota_line, unit)
        return series_of(await days_of(self._platform.store, campaign, by), units)

    async def why(self, principal: Principal, submission_id: str) -> Explanation:
        """Why a submission lies where it lies; for others than its unit and the office it isn't there."""
        content = await self._explaining.content_of(submission_id)
        resource = Resource(kind="progress", campaign=content.campaign, unit=content.unit)
        if not self._platform.access.is_allowed(principal, Action.READ_PROGRESS, resource):
            raise unknown_submission()
        return await self._explaining.explain(submission_id)

    async def schedules(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> tuple[date, list[tuple[QuotaLine, Schedule]]]:
        """The day, and the schedule of every line, or of that of ``unit``."""
        today, lines = self._lines(principal, campaign, unit, on)
        definition = self._platform.campaign(campaign)
        days = await days_of(self._platform.store, campaign, By.COLLECTED)
        return today, [(line, _schedule(definition, line, days, today)) for line in lines]

    def interviews_end_on(self, campaign: str) -> date:
        """The last day of the interviewing phase."""
        return self._platform.campaign(campaign).interviewing.ends_on

    async def forecasts(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> tuple[date, list[tuple[QuotaLine, Forecast]]]:
        """The day, and what every line will have at the end of the interviewing phase, or that of ``unit``.

        From the eligible interviews by the day of their collection.
        """
        today, shown = self._lines(principal, campaign, unit, on)
        definition = self._platform.campaign(campaign)
        days = await days_of(self._platform.store, campaign, By.COLLECTED)
        found = await asyncio.to_thread(forecast, histories_of(definition, days), work_of(definition), today)
        return today, [(line, found[line.id]) for line in shown]

    async def points(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> tuple[date, list[PointProgress]]:
        """The day, and the interview points of ``unit``, or all, those too that units have set up by then."""
        self._check(principal, Action.READ_PROGRESS, campaign, unit)
        definition, store = self._platform.campaign(campaign), self._platform.store
        today = on or self._today(definition)
        facts = await facts_of(store, campaign, units_of(definition, None, unit))
        there_are = with_own_points(definition, facts, today)
        return today, points_on(there_are, await points_of(store, campaign), unit, today)

    async def export(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> Export:
        """The board to send round: all of it, or the part of ``unit``; of a day, what was held until its end."""
        today, lines = self._lines(principal, campaign, unit, on)
        definition = self._platform.campaign(campaign)
        progress = await self._progress(definition, When(on=today, as_of=on, by=By.COLLECTED))
        days = await days_of(self._platform.store, campaign, By.COLLECTED)
        schedules = {line.id: _schedule(definition, line, days, today) for line in lines}
        shown = [line for line in progress.lines if line.quota_line in schedules]
        units = {
            share.unit: eligible_by_day(days, [share.unit])
            for line in shown
            for share in line.units
            if unit in (None, share.unit)
        }
        return Export(progress, shown, schedules, units, tells_others=self._sees_all(principal, campaign))

    def _lines(
        self, principal: Principal, campaign: str, unit: str | None, on: date | None
    ) -> tuple[date, list[QuotaLine]]:
        """The day, and the lines that are asked for: all, or that of ``unit``, where it has one."""
        self._check(principal, Action.READ_PROGRESS, campaign, unit)
        definition = self._platform.campaign(campaign)
        today = on or self._today(definition)
        if unit is None:
            return today, [*definition.quota_lines.values()]
        its_line = definition.quota_line_of(unit)
        return today, [] if its_line is None else [its_line]

    async def _progress(self, campaign: Campaign, when: When) -> Progress:
        day = when.on or when.as_of or self._today(campaign)
        statuses = await self._showing.statuses(campaign, day, when.counted_by)
        if when.as_of is None:
            return progress_of(campaign, await sums_of(self._platform.store, campaign.id), day, statuses)
        days = await days_of(self._platform.store, campaign.id, when.by)
        return progress_of(campaign, sums_until(days, when.as_of), day, statuses)

    def _today(self, campaign: Campaign) -> date:
        return campaign.day_of(self._platform.clock())

    def _sees_all(self, principal: Principal, campaign: str) -> bool:
        resource = Resource(kind="progress", campaign=campaign)
        return self._platform.access.is_allowed(principal, Action.READ_PROGRESS, resource)

    def _check(self, principal: Principal, action: Action, campaign: str, unit: str | None = None) -> None:
        resource = Resource(kind="progress", campaign=campaign, unit=unit)
        self._platform.access.check(principal, action, resource)


def _schedule(campaign: Campaign, line: QuotaLine, days: Mapping[str, Sums], today: date) -> Schedule:
    return schedule_of(campaign, line.target_count, eligible_by_day(days, line.units), today)
