"""Which days are worked: China's official calendar, with the weekends that make up for holidays. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Monday to Friday are worked, but for ``holidays`` (day to name), and so are the ``working_weekends``.

    Known for the days ``first`` to ``last``, both included.
    """

    first: date
    last: date
    holidays: Mapping[date, str]
    working_weekends: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is worked. Raises ValueError for a day that the calendar doesn't cover."""
        if not self.first <= day <= self.last:
            raise ValueError(f"工作日历只覆盖 {self.first} 至 {self.last}，不知道 {day} 是否上班")
        if day in self.working_weekends:
            return True
        return day.weekday() < SATURDAY and day not in self.holidays

    def working_days(self, first: date, last: date) -> tuple[date, ...]:
        """The days that are worked from ``first`` to ``last``, both included. Raises ValueError as above."""
        return tuple(day for day in days_between(first, last) if self.is_working(day))


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from ``first`` to ``last``, both included; none when ``last`` is earlier."""
    return tuple(first + number * ONE_DAY for number in range((last - first).days + 1))
