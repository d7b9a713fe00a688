"""Quantiles and probabilities of a gamma distribution that is known by its mean and variance.

E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", PNAS 17 (1931): the cube root of a gamma
variable over its mean is nearly normal, with mean 1 - 1/(9k) and variance 1/(9k) for the shape k.
"""

from __future__ import annotations

import math
from statistics import NormalDist

LEAST_SHAPE = 0.25
"""Below this the approximation fails; a spread of more than twice the mean says nothing anyway."""

_NORMAL = NormalDist()


def shape_of(mean: float, variance: float) -> float:
    """The shape with this mean (above 0) and variance: their squared ratio, bounded below."""
    return max(LEAST_SHAPE, mean * mean / variance)


def quantile(mean: float, shape: float, z: float) -> float:
    """What stays below with the probability that a standard normal stays below ``z``."""
    ninth = 1 / (9 * shape)
    return float(mean * max(0.0, 1 - ninth + z * math.sqrt(ninth)) ** 3)


def z_of_at_least(amount: float, mean: float, shape: float) -> float:
    """The chance of reaching ``amount`` (0 or more), told as the standard normal's ``z``."""
    ninth = 1 / (9 * shape)
    return float((1 - ninth - (amount / mean) ** (1 / 3)) / math.sqrt(ninth))


def z_of(probability: float) -> float:
    """The standard normal's quantile."""
    return _NORMAL.inv_cdf(probability)


def probability_of(z: float) -> float:
    """The standard normal's distribution function."""
    return _NORMAL.cdf(z)
