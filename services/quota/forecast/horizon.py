"""Stretches of days, as sums of their factors need them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Horizon:
    """A stretch of days that begins tomorrow.

    ``plain_days`` is the sum of the days' factors, so many plain working days. ``squared_rests`` is the sum, over its
    days, of the square of what is left of that from the day on: the variance of the stretch's interviews under a
    pace that steps every day by a variance of 1.
    """

    plain_days: float
    squared_rests: float


def horizons_of(factors: Sequence[float]) -> Iterator[Horizon]:
    """The stretches that end with each of the days ahead, which have these ``factors``."""
    plain_days = squared_rests = rests = 0.0
    for number, factor in enumerate(factors, start=1):
        squared_rests += 2 * factor * rests + number * factor**2
        rests += number * factor
        plain_days += factor
        yield Horizon(plain_days, squared_rests)


def horizon_of(factors: Sequence[float]) -> Horizon:
    """The whole stretch of the days ahead, of which there is one at least."""
    *_, whole = horizons_of(factors)
    return whole
