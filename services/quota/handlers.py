"""Submission events in; standings, claims, sums and milestones out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.quota.amounts import Amounts, Growth, added_up
from services.quota.decoding import Step
from services.quota.documents import claims_in, claims_of, person_body, standing_body, standing_of
from services.quota.gathering import Adder, Claims, Gathered, Gatherer, Row
from services.quota.generations import Generation, enroll
from services.quota.milestones import emit_milestones
from services.quota.model import NOTHING_KNOWN, Claim, Rules, Standing
from services.quota.store import write_all
from shared.campaign import Campaign
from shared.consuming import Effects
from shared.events import Topic
from shared.platform import Clock
from shared.store.port import Collection, Counters, Document, DuplicateId, Transaction, TransactionConflict

_NONE: frozenset[Claim] = frozenset()

SELDOM = 1_000
"""Where one submission of so many was told before, more of them are to be expected: after a crash, or while a log is
read once more."""


Standings = Mapping[str, Standing]
"""Standings by the id of their submission."""


@dataclass(slots=True)
class Moves:
    """What changes of standings come to: sums that move as if each claim were its person's only one, and the claims
    that are taken away and added."""

    adder: Adder
    removed: Claims = field(default_factory=lambda: defaultdict(set))
    added: Claims = field(default_factory=lambda: defaultdict(set))


class QuotaHandler:
    """The fold of ``submissions`` into the board; a ``shared.consuming.Handler``."""

    name = "quota"
    topics = (Topic.SUBMISSIONS,)

    def __init__(
        self, campaigns: Mapping[str, Campaign], *, clock: Clock, rules: Mapping[str, Rules] | None = None
    ) -> None:
        """Counts by ``rules``, where they aren't those of ``campaigns``, whose targets and milestones hold anyway."""
        self.rules = rules or {id: Rules.of(campaign) for id, campaign in campaigns.items()}
        self.generation = Generation.by(self.rules)
        """What this fold writes."""
        self.collections: tuple[Collection | Counters, ...] = self.generation.collections
        self._campaigns = campaigns
        self._gatherer = Gatherer(self.rules)
        self.read = self._gatherer.read
        self._clock = clock
        self._looks_first = False
        """Whether to ask the store before which submissions it knows: something was told again."""

    async def apply(self, steps: Sequence[Step], effects: Effects) -> None:
        """As ``apply_gathered`` what ``steps`` come to."""
        await self.apply_gathered(self._gatherer.gather(steps), effects)

    async def apply_gathered(self, gathered: Gathered, effects: Effects) -> None:
        """Merge each step into its submission's standing, then move the sums by what changed.

        Raises TransactionConflict when a submission taken for new has a standing: run it again.
        """
        transaction, generation = effects.transaction, self.generation
        is_live = await enroll(transaction, generation, self.rules, self._clock())
        if self._looks_first:
            gathered = await self._parted(gathered, transaction)
        ids = list({step.submission_id for step in gathered.steps})
        known = await transaction.get_many(generation.standings, ids)
        before, after = _standings(gathered.steps, known)
        moves = self._moves(before, after, gathered.amounts)
        amounts = moves.adder.amounts
        moved = moves.removed.keys() | moves.added.keys()
        told = gathered.persons
        known_persons = await transaction.get_many(generation.persons, [*moved.union(id for id, _ in told)])
        rows = [*gathered.standings, *((id, standing_body(standing)) for id, standing in after.items())]
        writing = asyncio.create_task(write_all(transaction, generation.standings, known, rows))
        await asyncio.sleep(0)  # it has begun; what it means for the sums is found while the store writes
        rows = self._person_rows(told, moves, moved | known_persons.keys(), known_persons)
        growth = added_up(amounts)
        try:
            await writing
        except DuplicateId as error:
            self._looks_first = True
            raise TransactionConflict(str(error)) from error
        await write_all(transaction, generation.persons, known_persons, rows)
        await self._add(growth, effects)
        if is_live:
            await self._tell_milestones(amounts, effects)

    async def _parted(self, gathered: Gathered, transaction: Transaction) -> Gathered:
        """``gathered``, with those submissions among the steps that the store knows."""
        known = await transaction.get_many(self.generation.standings, [id for id, _ in gathered.standings])
        self._looks_first = len(known) * SELDOM > len(gathered.standings)
        return self._gatherer.parted(gathered, known) if known else gathered

    def _moves(self, before: Standings, after: Standings, amounts: Amounts) -> Moves:
        moves = Moves(Adder(self.rules, amounts))
        for id, standing in before.items():
            moves.adder.add(id, standing, -1, moves.removed)
        for id, standing in after.items():
            moves.adder.add(id, standing, +1, moves.added)
        return moves

    def _person_rows(
        self, told: Sequence[Row], moves: Moves, touched: Iterable[str], known: Mapping[str, Document]
    ) -> list[Row]:
        """The documents of persons to write; the amounts move by what is otherwise than ``told``, where nothing was
        ``known`` of anybody. ``touched``: who may be otherwise."""
        otherwise = dict.fromkeys(touched, b"")
        rows = [row for row in told if row[0] not in otherwise]
        otherwise |= {id: body for id, body in told if id in otherwise}
        adder = moves.adder
        for id, body in sorted(otherwise.items()):
            told_here = claims_in(body) if body else _NONE
            removed, added = moves.removed.get(id, _NONE), moves.added.get(id, _NONE)
            before = claims_of(known.get(id))
            after = (before - removed) | added | told_here
            adder.add_together(id, told_here, -1)
            adder.add_alone(id, added, -1)
            adder.add_alone(id, removed, +1)
            adder.add_together(id, before, -1)
            adder.add_together(id, after, +1)
            if after != before:
                rows.append((id, person_body(after)))
        return rows

    async def _add(self, growth: Growth, effects: Effects) -> None:
        generation = self.generation
        for counters, increments in (
            (generation.days, growth.days),
            (generation.sums, growth.sums),
            (generation.points, growth.points),
            (generation.groups, growth.groups),
        ):
            if increments:
                await effects.transaction.increment(counters, increments, shard=effects.shard)

    async def _tell_milestones(self, amounts: Amounts, effects: Effects) -> None:
        """Those of the lines that have grown; only what is live has anything to tell."""
        grown = amounts.grown()
        for campaign in sorted({campaign for campaign, _ in grown if campaign in self._campaigns}):
            units = {unit for other, unit in grown if other == campaign}
            await emit_milestones(self._campaigns[campaign], units, self.generation, effects, self._clock())


def _standings(
    steps: Iterable[Step], known: Mapping[str, Document]
) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """The standings that ``steps`` change: as they were, where there was one, and as they are now."""
    before: dict[str, Standing] = {}
    after: dict[str, Standing] = {}
    for step in steps:
        id = step.submission_id
        standing = after.get(id)
        if standing is None:
            document = known.get(id)
            if document is None:
                standing = NOTHING_KNOWN
            else:
                standing = before[id] = standing_of(document)
        after[id] = step.applied_to(standing)
    for id, standing in before.items():
        if after[id] is standing:
            del after[id]
    return {id: standing for id, standing in before.items() if id in after}, after
