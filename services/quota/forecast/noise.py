"""How much a line's days scatter around its pace. Pure.

It is read off weeks, each held against its own pace, so that a campaign that grows or tires doesn't pass for one
that scatters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.quota.forecast.horizon import WEEK_DAYS

PRIOR_DISPERSION, PRIOR_DISPERSION_DAYS = 3.0, 10.0
"""The variance over the mean of a day's count before anything is known, and the days that this is worth."""

LEAST_DISPERSION = 1.0
"""That of a Poisson count."""


@dataclass(frozen=True, slots=True)
class _Scatter:
    """What a line's weeks say: sums, to be added up over lines before they are divided.

    ``squares`` of the days' differences from their week's pace, over ``expected``, is Pearson's statistic per
    degree of freedom, of which there are ``degrees``.
    """

    squares: float
    expected: float
    degrees: int


def dispersions_of(counts: Sequence[Sequence[float]], factors: Sequence[float]) -> list[float]:
    """The variance over the mean of each line's days, at least Poisson's; the days have these ``factors``.

    Pearson's statistic over its degrees of freedom (McCullagh and Nelder, Generalized Linear Models, 1989),
    a line's own drawn towards that of all, and that towards the prior.
    """
    scatters = [_scatter(line, factors) for line in counts]
    pooled = _drawn(scatters, PRIOR_DISPERSION)
    return [max(LEAST_DISPERSION, _drawn([scatter], pooled)) for scatter in scatters]


def _drawn(scatters: Sequence[_Scatter], towards: float) -> float:
    degrees = sum(scatter.degrees for scatter in scatters)
    if not degrees:
        return towards
    own = sum(scatter.squares for scatter in scatters) / sum(scatter.expected for scatter in scatters)
    return (own * degrees + towards * PRIOR_DISPERSION_DAYS) / (degrees + PRIOR_DISPERSION_DAYS)


def _scatter(counts: Sequence[float], factors: Sequence[float]) -> _Scatter:
    squares = expected = 0.0
    degrees = 0
    for first in range(0, len(counts), WEEK_DAYS):
        days, its_factors = counts[first : first + WEEK_DAYS], factors[first : first + WEEK_DAYS]
        done = sum(days)
        if done and len(days) > 1:
            pace = done / sum(its_factors)
            residuals = (count - pace * factor for count, factor in zip(days, its_factors, strict=True))
            squares += sum(residual**2 for residual in residuals) * len(days) / (len(days) - 1)
            expected += done
            degrees += len(days) - 1
    return _Scatter(squares, expected, degrees)
