"""What comes of a pace over the days ahead: how many interviews, and by which day enough of them. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.quota.forecast.gamma import probability_of, quantile, shape_of, z_of, z_of_at_least
from services.quota.forecast.horizon import Horizon
from services.quota.forecast.pace import Pace

INTERVAL_SHARE = 0.8
"""Of 100 cases, so many are meant to lie within an interval."""

_Z_EDGE = z_of((1 + INTERVAL_SHARE) / 2)
_CONTINUITY = 0.5  # counts are whole, the gamma isn't


@dataclass(frozen=True, slots=True)
class Outlook:
    """The interviews to come until the end: ``low`` to ``high`` at 80 %, and their mean.

    ``reaches_probability`` is that of enough of them. ``earliest``, ``median`` and ``latest`` are the places, among
    the days ahead, of those by which there are enough with 10, 50 and 90 %.
    """

    low: int
    mean: float
    high: int
    reaches_probability: float
    earliest: int | None
    median: int | None
    latest: int | None


NOTHING_TO_COME = Outlook(0, 0.0, 0, 0.0, None, None, None)
"""When the work is over."""


def outlook_of(pace: Pace, horizons: Sequence[Horizon], missing_count: int) -> Outlook:
    """What ``pace`` brings over ``horizons``, one or more, to a line that still misses ``missing_count`` interviews.

    The variance of the sum is that of the days' scatter, of the level, and of its drift; the distribution is the
    gamma with that mean and variance. Counts never fall, so what was likely by one day is as likely by the next.
    """
    mean, shape = _gamma(pace, horizons[-1])
    low, high = (quantile(mean, shape, z) for z in (-_Z_EDGE, _Z_EDGE))
    reached = _reached(pace, horizons, missing_count)
    return Outlook(
        low=math.floor(min(low + _CONTINUITY, mean)),
        mean=mean,
        high=math.ceil(max(high - _CONTINUITY, mean)),
        reaches_probability=probability_of(reached[-1]),
        earliest=_first(reached, -_Z_EDGE),
        median=_first(reached, 0.0),
        latest=_first(reached, _Z_EDGE),
    )


def _reached(pace: Pace, horizons: Sequence[Horizon], missing_count: int) -> list[float]:
    """How sure it is that enough have come by each day ahead, as the standard normal's z."""
    if missing_count <= 0:
        return [math.inf] * len(horizons)
    amount = missing_count - _CONTINUITY
    return list(accumulate((z_of_at_least(amount, *_gamma(pace, each)) for each in horizons), max))


def _first(reached: Sequence[float], z: float) -> int | None:
    """``reached`` never falls."""
    place = bisect_left(reached, z)
    return place if place < len(reached) else None


def _gamma(pace: Pace, horizon: Horizon) -> tuple[float, float]:
    """The mean and shape of what comes until ``horizon``."""
    mean = pace.level * horizon.plain_days
    scatter = pace.dispersion * mean
    level = pace.level_variance * horizon.plain_days**2
    drift = pace.drift * pace.level**2 * horizon.squared_rests
    return mean, shape_of(mean, scatter + level + drift)
