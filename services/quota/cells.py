"""The cells of the reference margins that a respondent lies in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.campaign.parts import CELL_SEPARATOR, Cell, ReferenceMargin

if TYPE_CHECKING:
    from shared.campaign import Campaign

_NAMED = "="


@dataclass(frozen=True, slots=True)
class Groups:
    """The margins of a campaign by name: ``sex``, or ``sex,age_band`` where dimensions are crossed."""

    margins: Mapping[str, ReferenceMargin]

    @classmethod
    def of(cls, campaign: Campaign) -> Groups:
        """Those of ``campaign``."""
        return cls({name_of(margin): margin for margin in campaign.reference_margins})

    @property
    def questions(self) -> frozenset[str]:
        """The ids of the questions that are dimensions, of whichever edition."""
        dimensions = {dimension for margin in self.margins.values() for dimension in margin.dimensions}
        return frozenset(dimension.partition(".")[2] for dimension in dimensions if "." in dimension)

    def cells_of(self, categories: Mapping[str, object]) -> tuple[str, ...]:
        """The cells that somebody of these ``categories``, by dimension, lies in: one of each margin at most.

        Who is of an unknown category in one of a margin's dimensions lies in none of its cells.
        """
        cells = []
        for name, margin in self.margins.items():
            cell = tuple(categories.get(dimension) for dimension in margin.dimensions)
            if cell in margin.shares:
                cells.append(f"{name}{_NAMED}{CELL_SEPARATOR.join(map(str, cell))}")
        return tuple(cells)

    def counts_of(self, counts: Mapping[str, int]) -> dict[str, dict[Cell, int]]:
        """The counts of cells as ``cells_of`` writes them, by margin and cell; what is in no margin is left out."""
        found: dict[str, dict[Cell, int]] = {name: {} for name in self.margins}
        for field, count in counts.items():
            name, _, cell = field.rpartition(_NAMED)
            if name in found:
                found[name][tuple(cell.split(CELL_SEPARATOR))] = count
        return found


def name_of(margin: ReferenceMargin) -> str:
    """The name of a margin: its dimensions."""
    return ",".join(margin.dimensions)
