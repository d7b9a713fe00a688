"""The pace of each line today, in interviews per plain working day, with the variance of that. Pure.

A discounted gamma-Poisson model: older days count less (West and Harrison, Bayesian Forecasting and Dynamic
Models, 1997), and what a line's few days say is drawn towards the pace of all lines in proportion to
their targets (empirical Bayes: Robbins 1956; Efron and Morris, JASA 70, 1975).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.quota.forecast.drift import discounted, memory_of
from services.quota.forecast.noise import dispersions_of

PRIOR_SPREAD = 0.5
"""How far a campaign's pace may lie from its plan, and a line's from the campaign's: relative standard deviation."""

PRIOR_SPREAD_LINES = 2.0
"""The lines that the latter is worth when it is measured."""

LEAST_SPREAD = 0.15
"""Lines are never taken for equal."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A line's ``level`` in interviews per plain working day, and what is uncertain about it.

    ``level_variance`` is that of the level; ``dispersion`` the variance over the mean of a day's count; ``drift``
    the variance that each day to come adds to the level, as a share of its square.
    """

    level: float
    level_variance: float
    dispersion: float
    drift: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line's discounted interviews, and the discounted interviews that its target would have in as many days."""

    done: float
    exposure: float
    dispersion: float


def paces_of(
    counts: Sequence[Sequence[float]],
    factors: Sequence[float],
    targets: Sequence[int],
    planned_share: float,
) -> list[Pace]:
    """The pace of every line from its daily ``counts`` on days with these ``factors``.

    ``planned_share`` is the share of its target that a line would do on a plain working day by plan.
    """
    dispersions = dispersions_of(counts, factors)
    memory = memory_of(counts, factors, targets, dispersions)
    seen = [
        _seen(line, factors, target, dispersion, memory.discount)
        for line, target, dispersion in zip(counts, targets, dispersions, strict=True)
    ]
    common = _common(seen, planned_share)
    return [_pace(line, target, common, memory.drift) for line, target in zip(seen, targets, strict=True)]


def _seen(
    counts: Sequence[float], factors: Sequence[float], target: int, dispersion: float, discount: float
) -> _Seen:
    if not counts:
        return _Seen(0.0, 0.0, dispersion)
    done, plain_days = discounted(counts, discount)[-1], discounted(factors, discount)[-1]
    return _Seen(done, plain_days * target, dispersion)


@dataclass(frozen=True, slots=True)
class _Common:
    """The pace of all lines as a ``share`` of the target a day, its variance, and how lines lie around it.

    A line with a dispersion f is drawn towards it as if it had been seen for ``exposure_per_dispersion`` f.
    """

    share: float
    variance: float
    exposure_per_dispersion: float


def _common(seen: Sequence[_Seen], planned_share: float) -> _Common:
    done, exposure = sum(line.done for line in seen), sum(line.exposure for line in seen)
    dispersion = sum(line.dispersion for line in seen) / len(seen)
    planned_exposure = dispersion / (PRIOR_SPREAD**2 * planned_share)
    share = (done + planned_exposure * planned_share) / (exposure + planned_exposure)
    seen_share = done / exposure if done else planned_share
    return _Common(
        share=share,
        variance=dispersion * share / (exposure + planned_exposure),
        exposure_per_dispersion=1 / (_spread(seen, seen_share) ** 2 * seen_share),
    )


def _spread(seen: Sequence[_Seen], share: float) -> float:
    """The relative standard deviation of the lines' paces beyond what scatter explains, by moments."""
    exposure = sum(line.exposure for line in seen)
    if not exposure:
        return PRIOR_SPREAD
    squares = sum((line.done - share * line.exposure) ** 2 / line.exposure for line in seen)
    explained = sum(line.dispersion for line in seen) * share
    measured = (squares - explained) / (share**2 * exposure)
    variance = (measured * len(seen) + PRIOR_SPREAD**2 * PRIOR_SPREAD_LINES) / (
        len(seen) + PRIOR_SPREAD_LINES
    )
    return math.sqrt(max(LEAST_SPREAD**2, variance))


def _pace(line: _Seen, target: int, common: _Common, drift: float) -> Pace:
    drawn = line.dispersion * common.exposure_per_dispersion
    exposure = line.exposure + drawn
    share = (line.done + drawn * common.share) / exposure
    variance = line.dispersion * share / exposure + common.variance * (drawn / exposure) ** 2
    return Pace(share * target, variance * target**2, line.dispersion, drift)
