"""Whom to seek next, so that the interviews come to resemble the people whom the campaign is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import fsum

from shared.campaign import ReferenceMargin
from shared.campaign.parts import Cell

Group = tuple[tuple[str, str], ...]
"""A category of each dimension: ``(("sex", "female"), ("age_band", "21-25"))``."""

_DECIMALS = 9
"""Distances that differ by less are the same: what the last bits say of a group is chance."""

FARTHEST = 1.0
"""The distance of no interviews at all: as far as any can be."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A group of people, and the distance to the margins before and after one more interview with one of them."""

    group: Group
    before: float
    after: float

    @property
    def gain(self) -> float:
        """By how much the interview lowers the distance."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Margin:
    """A reference margin, and the interviews in each of its cells. Those elsewhere, as of an unknown age, say nothing
    and are left out."""

    reference: ReferenceMargin
    counts: Mapping[Cell, int]

    def distance(self, *, one_more: Cell | None = None) -> float:
        """How far the interviews, with one more in a cell, are from the reference: 0 to 1.

        Half the sum of the absolute differences of shares: the index of dissimilarity (Duncan and Duncan, A
        methodological analysis of segregation indexes, American Sociological Review 20, 1955), which is the total
        variation distance. It is the share of interviews that would have to be with other people.
        """
        counts = {cell: self.counts.get(cell, 0) + (cell == one_more) for cell in self.reference.shares}
        total = sum(counts.values())
        if not total:
            return FARTHEST
        shares = self.reference.shares
        return fsum(abs(counts[cell] / total - share) for cell, share in shares.items()) / 2


def distance(margins: Sequence[Margin]) -> float:
    """How far the interviews are from all ``margins``, one or more: the mean of the distances, 0 to 1."""
    return _mean([margin.distance() for margin in margins])


def sought(margins: Sequence[Margin], *, limit: int) -> list[Sought]:
    """The groups that lower the distance most with one more interview, best first, ``limit`` at most.

    A group has a category of every dimension of the ``margins``; one that doesn't lower the distance is left out.
    Nothing without margins.
    """
    if not margins:
        return []
    before = distance(margins)
    after = [{cell: margin.distance(one_more=cell) for cell in margin.reference.shares} for margin in margins]
    found = [Sought(group, before, _after(margins, after, dict(group))) for group in _groups(margins)]
    helpful = [each for each in found if each.gain > 0]
    return sorted(helpful, key=lambda each: (each.after, each.group))[:limit]


def _mean(distances: Sequence[float]) -> float:
    return round(fsum(distances) / len(distances), _DECIMALS)


def _after(
    margins: Sequence[Margin], after: Sequence[Mapping[Cell, float]], categories: Mapping[str, str]
) -> float:
    """The distance after an interview with a person of these categories: each margin knows it by their cell."""
    cells = [tuple(categories[dimension] for dimension in margin.reference.dimensions) for margin in margins]
    return _mean([its[cell] for its, cell in zip(after, cells, strict=True)])


def _groups(margins: Sequence[Margin]) -> list[Group]:
    """Every combination of the categories that the margins know."""
    categories: dict[str, dict[str, None]] = {}
    for margin in margins:
        for cell in margin.reference.shares:
            for dimension, category in zip(margin.reference.dimensions, cell, strict=True):
                categories.setdefault(dimension, {})[category] = None
    choices = [[(dimension, category) for category in its] for dimension, its in categories.items()]
    return [*product(*choices)]
