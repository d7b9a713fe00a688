"""How fast a campaign forgets its past, and how far its paces drift. Pure.

Both are read off what earlier forecasts would have missed: at the end of every week observed, what would the
discounted days until then have promised for the weeks after it, and what came? (West and Harrison, Bayesian
Forecasting and Dynamic Models, 1997: discounts are chosen by how well they foretell, the pace is a random walk.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.quota.forecast.horizon import WEEK_DAYS, Horizon, horizon_of

LOOK_AHEAD_DAYS = 28
"""Promises are held against what came in so many days, or in as many as were observed since."""

DISCOUNTS = (0.85, 0.9, 0.95, 0.985)
"""A day's weight as a share of that of the next day; the memory is 7, 10, 20 or 67 days long."""

FIRST_DISCOUNT = 0.95
"""While there is less than three weeks to choose by."""

PRIOR_DRIFT, PRIOR_DRIFT_WEEKS = 0.002, 5.0
"""The variance that a day adds to the pace, as a share of its square, and the weeks that this is worth."""

LEAST_DRIFT = 0.0005
"""No pace is kept for ever: 2 % a day, so 12 % in a month."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The discount of a day against the next, and the variance that a day adds to a pace, as a share of its square."""

    discount: float
    drift: float


@dataclass(frozen=True, slots=True)
class _Missed:
    """By how much a promise was missed, per variance that a drift of 1 a day would give; in shares of the target.

    ``squared_error`` is expected to be what the days' scatter ``explained``, plus the drift times ``squared_pace``.
    """

    squared_error: float
    explained: float
    squared_pace: float


def memory_of(
    counts: Sequence[Sequence[float]],
    factors: Sequence[float],
    targets: Sequence[int],
    dispersions: Sequence[float],
) -> Memory:
    """The discount that would have foretold the lines' ``counts`` best, and the drift that it leaves to explain."""
    cuts = range(WEEK_DAYS, len(factors) - WEEK_DAYS + 1, WEEK_DAYS)
    horizons = {cut: horizon_of(factors[cut : cut + LOOK_AHEAD_DAYS]) for cut in cuts}
    discounts = DISCOUNTS if len(cuts) > 1 else (FIRST_DISCOUNT,)
    missed = {
        discount: [
            each
            for line, target, dispersion in zip(counts, targets, dispersions, strict=True)
            for each in _missed(line, factors, horizons, discount, target, dispersion)
        ]
        for discount in discounts
    }
    best = min(discounts, key=lambda discount: sum(each.squared_error for each in missed[discount]))
    return Memory(best, _drift(missed[best], len(cuts)))


def discounted(amounts: Sequence[float], discount: float) -> list[float]:
    """The sum of ``amounts`` until each day, in which every day weighs ``discount`` times as much as the next."""
    return list(accumulate(amounts, lambda total, amount: total * discount + amount))


def _missed(
    line: Sequence[float],
    factors: Sequence[float],
    horizons: Mapping[int, Horizon],
    discount: float,
    target: int,
    dispersion: float,
) -> Iterator[_Missed]:
    done, days = discounted(line, discount), discounted(factors, discount)
    for cut, horizon in horizons.items():
        ahead, seen = horizon.plain_days, days[cut - 1]
        promised = done[cut - 1] / seen * ahead
        came = sum(line[cut : cut + LOOK_AHEAD_DAYS])
        mean = (promised + came) / 2
        unit = target**2 * horizon.squared_rests
        yield _Missed(
            squared_error=(came - promised) ** 2 / unit,
            explained=dispersion * mean * (1 + ahead / seen) / unit,
            squared_pace=(mean / ahead / target) ** 2,
        )


def _drift(missed: Sequence[_Missed], week_count: int) -> float:
    squared_paces = sum(each.squared_pace for each in missed)
    if not squared_paces:
        return PRIOR_DRIFT
    unexplained = sum(each.squared_error - each.explained for each in missed)
    measured = max(0.0, unexplained / squared_paces)
    drawn = measured * week_count + PRIOR_DRIFT * PRIOR_DRIFT_WEEKS
    return max(LEAST_DRIFT, drawn / (week_count + PRIOR_DRIFT_WEEKS))
