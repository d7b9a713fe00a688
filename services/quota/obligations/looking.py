"""The use case of looking at what units owe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.quota.model import By
from services.quota.obligations.doing import Known
from services.quota.obligations.model import Owed, obligations_of
from services.quota.obligations.store import facts_of
from services.quota.series import series_of
from services.quota.store import days_of
from shared.access import Action, Principal, Resource
from shared.campaign import Campaign, QuotaLine, Unit
from shared.platform import Platform


@dataclass(frozen=True, slots=True)
class UnitOwes:
    """A unit and all that it owes."""

    unit: Unit
    owed: list[Owed]


class LookingAtObligations:
    """Looks at the fold."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def obligations(
        self, principal: Principal, campaign: str, *, unit: str | None, on: date | None
    ) -> tuple[date, list[UnitOwes]]:
        """The day, and what every unit with a quota owes, or ``unit`` alone.

        Raises NotAllowed, which is hidden, NotFound, RetryLater.
        """
        resource = Resource(kind="progress", campaign=campaign, unit=unit)
        self._platform.access.check(principal, Action.READ_PROGRESS, resource)
        definition = self._platform.campaign(campaign)
        if unit is not None:
            definition.unit(unit)
        day = on or definition.day_of(self._platform.clock())
        owing = [(each, line) for each, line in definition.owing_units() if unit in (None, each.id)]
        return day, await self._owed(definition, owing, day)

    async def _owed(
        self, campaign: Campaign, owing: list[tuple[Unit, QuotaLine]], day: date
    ) -> list[UnitOwes]:
        store = self._platform.store
        facts = await facts_of(store, campaign.id, [unit.id for unit, _ in owing])
        days = await days_of(store, campaign.id, By.COLLECTED)
        lines = {line.id: line for _, line in owing}
        series = {id: series_of(days, line.units) for id, line in lines.items()}
        return [
            UnitOwes(
                unit,
                obligations_of(
                    campaign, unit, Known(facts[unit.id], line.target_count, series[line.id]), day
                ),
            )
            for unit, line in owing
        ]
