"""What the board takes from the days: what every line will have, and the latest days. Pure.

Reading the days costs more than reading the sums, and they tell something new less often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from services.quota.forecast.model import Forecast, forecast
from services.quota.live.content import BoardDay
from services.quota.model import ELIGIBLE
from services.quota.status.grounds import histories_of, work_of
from services.quota.status.past import Statuses, first_judged
from services.quota.store import Sums
from shared.campaign import Campaign

SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Ahead:
    """As of ``today``: the forecasts by line; the status that each would have if it were judged for the first time; and
    of each unit that has any the eligible interviews before the days that are shown and then of each of them."""

    today: date
    forecasts: Mapping[str, Forecast]
    first_statuses: Statuses
    latest: Mapping[str, tuple[int, ...]]

    def days_of(self, units: Iterable[str]) -> list[BoardDay]:
        """The latest days of ``units`` together, today as the last one."""
        rows = [row for unit in units if (row := self.latest.get(unit))]
        before, *counts = map(sum, zip(*rows, strict=True)) if rows else [0] * (SHOWN_DAYS + 1)
        totals = accumulate(counts, initial=before)
        next(totals)
        return [
            BoardDay(self.today - timedelta(SHOWN_DAYS - place), count, total)
            for place, (count, total) in enumerate(zip(counts, totals, strict=True), start=1)
        ]


def look_ahead(campaign: Campaign, days: Mapping[str, Sums], today: date) -> Ahead:
    """From the ``days`` of collection. Days after ``today`` are left out."""
    histories = histories_of(campaign, days)
    return Ahead(
        today,
        forecast(histories, work_of(campaign), today),
        first_judged(campaign, histories, min(today - timedelta(1), campaign.ends_on)),
        _latest(days, today),
    )


def _latest(days: Mapping[str, Sums], today: date) -> dict[str, tuple[int, ...]]:
    rows: dict[str, list[int]] = {}
    first = today - timedelta(SHOWN_DAYS - 1)
    for day, sums in days.items():
        place = max(0, (date.fromisoformat(day) - first).days + 1)
        if place <= SHOWN_DAYS:
            for unit, buckets in sums.items():
                if count := buckets.get(ELIGIBLE, 0):
                    rows.setdefault(unit, [0] * (SHOWN_DAYS + 1))[place] += count
    return {unit: tuple(row) for unit, row in rows.items()}
