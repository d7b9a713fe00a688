"""Soft quotas: how many interviews each group should have so that they resemble the people, and how many it has. Pure.

Nobody is turned away for a soft quota, and no interview counts less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.quota.advice.seeking import Margin
from services.quota.cells import Groups
from services.quota.store import Sums
from shared.campaign import Campaign, ReferenceMargin
from shared.campaign.parts import Cell


@dataclass(frozen=True, slots=True)
class SoftQuota:
    """One cell: ``share`` is that of the people (0 to 1), ``target_count`` as much of the interviews that are owed.

    It is None where nobody has said how many these are.
    """

    cell: Cell
    share: float
    target_count: int | None
    eligible: int

    @property
    def missing_count(self) -> int | None:
        """How many interviews are still to be had."""
        return None if self.target_count is None else max(0, self.target_count - self.eligible)


@dataclass(frozen=True, slots=True)
class SoftQuotas:
    """Those of one reference margin, in its order.

    ``unplaced``: eligible interviews in none of its cells, as of people who didn't say. ``distance``: 0 where the
    interviews are spread as the people, 1 where nothing fits.
    """

    margin: ReferenceMargin
    quotas: tuple[SoftQuota, ...]
    unplaced: int
    distance: float


def margins_with(campaign: Campaign, groups: Sums, units: Iterable[str]) -> list[Margin]:
    """The reference margins of ``campaign`` with the interviews of ``units``, from every unit's counts of cells."""
    known = Groups.of(campaign)
    of_units = [known.counts_of(groups.get(unit, {})) for unit in units]
    return [
        Margin(margin, {cell: sum(its[name].get(cell, 0) for its in of_units) for cell in margin.shares})
        for name, margin in known.margins.items()
    ]


def soft_quotas_of(margins: Iterable[Margin], target_count: int | None, eligible: int) -> list[SoftQuotas]:
    """The soft quotas of ``target_count`` interviews, of which there are ``eligible``; None: there is no target."""
    return [_of_margin(margin, target_count, eligible) for margin in margins]


def _of_margin(margin: Margin, target_count: int | None, eligible: int) -> SoftQuotas:
    shares = margin.reference.shares
    targets = {} if target_count is None else _shared_out(target_count, shares)
    return SoftQuotas(
        margin=margin.reference,
        quotas=tuple(
            SoftQuota(cell, share, targets.get(cell), margin.counts.get(cell, 0))
            for cell, share in shares.items()
        ),
        unplaced=eligible - sum(margin.counts.values()),
        distance=margin.distance(),
    )


def _shared_out(total: int, shares: Mapping[Cell, float]) -> dict[Cell, int]:
    """Whole numbers that add up to ``total``: rounded down, and the rest by the largest remainders (Hamilton)."""
    whole = {cell: int(share * total) for cell, share in shares.items()}
    by_remainder = sorted(shares, key=lambda cell: (whole[cell] - shares[cell] * total, cell))
    for cell in by_remainder[: total - sum(whole.values())]:
        whole[cell] += 1
    return whole
