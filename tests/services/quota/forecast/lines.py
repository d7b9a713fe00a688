"""What the tests of forecasts work with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from services.quota.forecast.model import Forecast, LineHistory, Work, forecast

MONDAY = date(2024, 5, 13)
SATURDAY = 5


def is_weekday(day: date) -> bool:
    return day.weekday() < SATURDAY


def day(number: int) -> date:
    """The day of that number, from 0."""
    return MONDAY + timedelta(number)


def line(counts: Sequence[int], *, id: str = "a", target: int = 1000) -> LineHistory:
    return LineHistory(id, target, {day(n): count for n, count in enumerate(counts)})


def forecasts(lines: Sequence[LineHistory], *, observed: int, days: int) -> dict[str, Forecast]:
    """At the end of the day before ``observed``, when the work lasts so many days."""
    return forecast(lines, Work(MONDAY, day(days - 1), is_weekday), day(observed - 1))


def only(counts: Sequence[int], *, days: int, target: int = 1000) -> Forecast:
    """The forecast of a line alone, all of whose ``counts`` are observed."""
    return forecasts([line(counts, target=target)], observed=len(counts), days=days)["a"]
