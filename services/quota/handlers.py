"""Submission events in; standings, claims, sums and milestones out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.quota import store
from services.quota.decoding import Step, StepReader
from services.quota.generations import Generation, enroll
from services.quota.milestones import emit_milestones
from services.quota.model import (
    ELIGIBLE,
    FIRST_OF_ALL,
    NOTHING_KNOWN,
    Bucket,
    Claim,
    Fields,
    Rules,
    Standing,
)
from shared.campaign import Campaign
from shared.consuming import Effects
from shared.events import Topic
from shared.platform import Clock
from shared.store.port import Collection, Counters, Document, DuplicateId, TransactionConflict

Claims = defaultdict[str, set[Claim]]
"""Claims by the id of their person."""

_NONE: frozenset[Claim] = frozenset()

_ALONE: Mapping[str, Fields] = {bucket: (bucket,) for bucket in Bucket}
"""What a submission that is no claim is added to."""

CAREFUL_BATCHES = 8
"""What is told again seldom comes alone: after a crash, or while a log is read once more."""


Standings = Mapping[str, Standing]
"""Standings by the id of their submission."""


@dataclass(slots=True)
class Moves:
    """What changes come to: claims to take away and to add, and by how much the sums move without them."""

    removed: Claims = field(default_factory=lambda: defaultdict(set))
    added: Claims = field(default_factory=lambda: defaultdict(set))
    amounts: store.Amounts = field(default_factory=store.Amounts)


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
        self.read = StepReader(self.rules).read
        """The step that a message means; raises RejectEvent."""
        self._clock = clock
        self._careful_batches = 0
        """How many batches to come are looked up whole: one of those before was told something again."""

    async def apply(self, steps: Sequence[Step], effects: Effects) -> None:
        """Merge each step into its submission's standing, then move the sums by what changed.

        Raises TransactionConflict when a submission taken for new has a standing: run it again.
        """
        transaction, standings = effects.transaction, self.generation.standings
        is_live = await enroll(transaction, self.generation, self.rules, self._clock())
        known = await transaction.get_many(standings, self._ids_to_look_up(steps))
        before, after = _standings(steps, known)
        bodies = [(id, store.standing_body(standing)) for id, standing in after.items()]
        writing = asyncio.create_task(store.write_all(transaction, standings, known, bodies))
        await asyncio.sleep(0)  # it has begun; what it means for the sums is found while the store writes
        moves = self._moves(before, after)
        try:
            await writing
        except DuplicateId as error:
            self._careful_batches = CAREFUL_BATCHES
            raise TransactionConflict(str(error)) from error
        await self._move_claims(moves, effects)
        await self._add(moves.amounts, effects)
        if is_live:
            await self._tell_milestones(moves.amounts, effects)

    def _ids_to_look_up(self, steps: Iterable[Step]) -> list[str]:
        """The submissions that may have a standing: all but those whose first revision alone is told here.

        Looking up what isn't there is a third of the work, and what is told is nearly always new. Where it
        isn't, its insert says so.
        """
        if self._careful_batches:
            self._careful_batches -= 1
            return list({step.submission_id for step in steps})
        return list({step.submission_id for step in steps if step.revision or step.content is None})

    def _moves(self, before: Standings, after: Standings) -> Moves:
        moves = Moves()
        for id, standing in before.items():
            self._place(id, standing, -1, moves.removed, moves.amounts)
        for id, standing in after.items():
            self._place(id, standing, +1, moves.added, moves.amounts)
        return moves

    async def _move_claims(self, moves: Moves, effects: Effects) -> None:
        """Write the claims of every person touched, and move the amounts by what that changes."""
        removed, added, amounts = moves.removed, moves.added, moves.amounts
        ids = sorted(removed.keys() | added.keys())
        known = await effects.transaction.get_many(self.generation.persons, ids)
        bodies = []
        for id in ids:
            before = store.claims_of(known.get(id))
            after = (before - removed.get(id, _NONE)) | added.get(id, _NONE)
            if after == before:
                continue
            campaign = id.partition("/")[0]
            rules = self.rules[campaign]
            for claim, fields in rules.tally(before):
                amounts.add_claim(campaign, claim, fields, rules.day_of(claim.received_at), -1)
            for claim, fields in rules.tally(after):
                amounts.add_claim(campaign, claim, fields, rules.day_of(claim.received_at), +1)
            bodies.append((id, store.person_body(after)))
        await store.write_all(effects.transaction, self.generation.persons, known, bodies)

    def _place(
        self,
        submission_id: str,
        standing: Standing,
        amount: int,
        claims: Claims,
        amounts: store.Amounts,
    ) -> None:
        """Note where ``standing`` lies: as a claim of its person, or else directly in its unit's sums."""
        content = standing.content
        if content is None:
            return
        campaign = content.campaign
        rules = self.rules[campaign]
        bucket = rules.lies_in(standing)
        assert bucket is not None, "whatever has content lies somewhere"
        received_on = rules.day_of(content.received_at)
        if bucket != ELIGIBLE:
            place = campaign, content.unit, _ALONE[bucket], content.collected_on, received_on
            amounts.places[place] += amount
            return
        claim = Claim.of(submission_id, content)
        if content.person is None:
            amounts.add_claim(campaign, claim, FIRST_OF_ALL, received_on, amount)
        else:
            claims[store.person_id(campaign, content.person)].add(claim)

    async def _add(self, amounts: store.Amounts, effects: Effects) -> None:
        growth, generation = store.added_up(amounts), self.generation
        for counters, increments in (
            (generation.days, growth.days),
            (generation.sums, growth.sums),
            (generation.points, growth.points),
            (generation.groups, growth.groups),
        ):
            if increments:
                await effects.transaction.increment(counters, increments, shard=effects.shard)

    async def _tell_milestones(self, amounts: store.Amounts, effects: Effects) -> None:
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
                standing = before[id] = store.standing_of(document)
        after[id] = step.applied_to(standing)
    for id, standing in before.items():
        if after[id] is standing:
            del after[id]
    return {id: standing for id, standing in before.items() if id in after}, after
