"""How much is done on which kind of day, pooled over all lines of a campaign. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

DAY_OFF = 7
"""The kind of every day that isn't worked; a working day's kind is its weekday, Monday being 0."""

SHRINKING_DAYS = 1.0
"""A kind's factor is drawn towards 1 as if that had been seen on so many days."""

_HALF_WINDOW_DAYS = 3
_ROUNDS = 3


def kind_of(day: date, is_working: Callable[[date], bool]) -> int:
    """The kind of ``day``."""
    return day.weekday() if is_working(day) else DAY_OFF


def factors_by_kind(totals: Sequence[float], kinds: Sequence[int]) -> Mapping[int, float]:
    """Each kind's share of the level around it, from the campaign's ``totals`` of consecutive days.

    The ratio to a moving average (Macaulay, The Smoothing of Time Series, 1931), the average being freed from
    the factors found so far; shrunk towards a flat week in proportion to the days seen.
    """
    factors = dict.fromkeys(range(DAY_OFF + 1), 1.0)
    if not any(totals):
        return factors
    for _ in range(_ROUNDS):
        levels = _levels(totals, [factors[kind] for kind in kinds])
        weight = SHRINKING_DAYS * sum(levels) / len(levels)
        done = dict.fromkeys(factors, weight)
        expected = dict.fromkeys(factors, weight)
        for total, level, kind in zip(totals, levels, kinds, strict=True):
            done[kind] += total
            expected[kind] += level
        factors = {kind: done[kind] / expected[kind] for kind in factors}
    return factors


def _levels(totals: Sequence[float], factors: Sequence[float]) -> list[float]:
    levels = []
    for place in range(len(totals)):
        window = slice(max(0, place - _HALF_WINDOW_DAYS), place + _HALF_WINDOW_DAYS + 1)
        levels.append(sum(totals[window]) / sum(factors[window]))
    return levels
