"""How the interviews were spread on a past day: read from the submissions themselves, for nobody keeps that by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from services.quota.generations import Generation
from services.quota.model import ELIGIBLE, By, Claim, Rules
from services.quota.store import Sums, all_standings
from shared.campaign import Campaign
from shared.store.port import Reader


class Past:
    """The eligible interviews until the end of the day ``as_of``, judged by what is known today: those that came until
    then, or were held until then, as ``by`` says."""

    def __init__(self, campaign: Campaign, rules: Rules, as_of: date, by: By) -> None:
        self._campaign = campaign.id
        self._rules = rules
        self._as_of = as_of.isoformat()
        self._by = by
        self._eligible: Counter[str] = Counter()
        self._cells: defaultdict[str, Counter[str]] = defaultdict(Counter)

    async def read(self, reader: Reader, generation: Generation) -> None:
        """Go through all submissions. Raises RetryLater."""
        of_persons: defaultdict[str, list[Claim]] = defaultdict(list)
        async for id, standing, content in all_standings(reader, generation, self._campaign):
            if self._rules.lies_in(standing) != ELIGIBLE:
                continue
            claim = Claim.of(id, content)
            if content.person is None:
                self._add(claim)
            else:
                of_persons[content.person].append(claim)
        for claims in of_persons.values():
            for claim, fields in self._rules.tally(claims):
                if fields[0] == ELIGIBLE:
                    self._add(claim)

    @property
    def eligible(self) -> dict[str, int]:
        """How many there are, by unit."""
        return dict(self._eligible)

    @property
    def groups(self) -> Sums:
        """How many of each cell, by unit."""
        return {unit: dict(cells) for unit, cells in self._cells.items()}

    def _add(self, claim: Claim) -> None:
        day = claim.collected_on if self._by == By.COLLECTED else self._rules.day_of(claim.received_at)
        if day <= self._as_of:
            self._eligible[claim.unit] += 1
            self._cells[claim.unit].update(claim.cells)
