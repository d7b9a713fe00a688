"""What many steps come to, as far as that can be told without the store. Pure.

Nearly every submission is told once, and nearly every person interviewed once. So a whole part of the log is worked
out as if nobody had heard of any of them, by whichever process has time; the store is asked then, and what isn't so is
put right by the difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

import msgspec

from services.quota.amounts import Amounts, Cells, Place, PointDay
from services.quota.decoding import Step, StepReader
from services.quota.documents import (
    campaign_of,
    claims_in,
    person_body,
    person_id,
    standing_body,
    standing_in,
)
from services.quota.model import ELIGIBLE, FIRST_OF_ALL, Bucket, Claim, Fields, Rules, Standing
from shared.log.port import LoggedMessage

Claims = defaultdict[str, set[Claim]]
"""Claims by the id of their person."""

Row = tuple[str, bytes]
"""A document: its id and its JSON."""

_ALONE: Mapping[str, Fields] = {bucket: (bucket,) for bucket in Bucket}
"""What a submission that is no claim is added to."""


class Gathered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Steps, most of them worked out already.

    ``standings`` are those of submissions that are told here once and for the first time, ``persons`` the claims of
    these; ``places``, ``points`` and ``groups`` (as in ``Amounts``) are what they come to if the store knows neither
    the submissions nor the persons. ``steps`` are all others.
    """

    steps: list[Step]
    standings: list[Row]
    persons: list[Row]
    places: dict[Place, int]
    points: dict[PointDay, int]
    groups: dict[Cells, int]

    @property
    def amounts(self) -> Amounts:
        """A copy of the amounts."""
        return Amounts(
            defaultdict(int, self.places), defaultdict(int, self.points), defaultdict(int, self.groups)
        )


class Adder:
    """Adds standings and claims to ``amounts``, by the ``rules`` of each campaign."""

    def __init__(self, rules: Mapping[str, Rules], amounts: Amounts) -> None:
        self.amounts = amounts
        self._rules = rules

    def add(
        self,
        submission_id: str,
        standing: Standing,
        amount: int,
        claims: Claims,
        received_on: str | None = None,
    ) -> None:
        """Add ``standing``, ``amount`` times. A claim is added as if it were its person's only one, and noted in
        ``claims``. ``received_on``: the day of arrival, where it is known already."""
        content = standing.content
        if content is None:
            return
        campaign = content.campaign
        rules = self._rules[campaign]
        if received_on is None:
            received_on = rules.day_of(content.received_at)
        bucket = rules.lies_in(standing)
        assert bucket is not None, "whatever has content lies somewhere"
        if bucket != ELIGIBLE:
            place = campaign, content.unit, _ALONE[bucket], content.collected_on, received_on
            self.amounts.places[place] += amount
            return
        claim = Claim.of(submission_id, content)
        self.amounts.add_claim(campaign, claim, FIRST_OF_ALL, received_on, amount)
        if content.person is not None:
            claims[person_id(campaign, content.person)].add(claim)

    def add_alone(self, person: str, claims: Iterable[Claim], amount: int) -> None:
        """Add each of the claims of ``person`` (the id of its document) as the only one, ``amount`` times."""
        self._add(campaign_of(person), ((claim, FIRST_OF_ALL) for claim in claims), amount)

    def add_together(self, person: str, claims: Iterable[Claim], amount: int) -> None:
        """Add what all ``claims`` of ``person`` count for beside each other, ``amount`` times."""
        campaign = campaign_of(person)
        self._add(campaign, self._rules[campaign].tally(claims), amount)

    def _add(self, campaign: str, tallied: Iterable[tuple[Claim, Fields]], amount: int) -> None:
        day_of = self._rules[campaign].day_of
        for claim, fields in tallied:
            self.amounts.add_claim(campaign, claim, fields, day_of(claim.received_at), amount)


class Gatherer:
    """Reads messages and gathers what they say, by the ``rules`` of each campaign."""

    def __init__(self, rules: Mapping[str, Rules]) -> None:
        self._rules = rules
        self.read: Callable[[LoggedMessage], Step] = StepReader(rules).read
        """The step that a message means; raises RejectEvent."""

    def gather(self, steps: Sequence[Step]) -> Gathered:
        """What ``steps`` come to."""
        adder, claims = Adder(self._rules, Amounts()), Claims(set)
        others: list[Step] = []
        standings: list[Row] = []
        add, times = adder.add, Counter([step.submission_id for step in steps])
        for step in steps:
            id = step.submission_id
            if step.content is None or step.revision or times[id] > 1:
                others.append(step)
                continue
            standing = Standing(step.content, 0)
            standings.append((id, standing_body(standing)))
            add(id, standing, +1, claims, step.received_on)
        for id, its in claims.items():
            if len(its) > 1:
                adder.add_alone(id, its, -1)
                adder.add_together(id, its, +1)
        persons = [(id, person_body(its)) for id, its in claims.items()]
        return _gathered(others, standings, persons, adder.amounts)

    def parted(self, gathered: Gathered, known: Container[str]) -> Gathered:
        """The same, with the submissions that are ``known`` already among the steps, and not worked out."""
        again = {id: standing_in(body) for id, body in gathered.standings if id in known}
        adder, claims = Adder(self._rules, gathered.amounts), Claims(set)
        for id, standing in again.items():
            adder.add(id, standing, -1, claims)
        persons = dict(gathered.persons)
        for person, its in claims.items():
            told = claims_in(persons.pop(person))
            left = told - its
            adder.add_alone(person, its, +1)
            adder.add_together(person, told, -1)
            adder.add_together(person, left, +1)
            if left:
                persons[person] = person_body(left)
        steps = [Step(id, standing.content, standing.revision) for id, standing in again.items()]
        standings = [row for row in gathered.standings if row[0] not in again]
        return _gathered([*gathered.steps, *steps], standings, [*persons.items()], adder.amounts)


def _gathered(steps: list[Step], standings: list[Row], persons: list[Row], amounts: Amounts) -> Gathered:
    return Gathered(steps, standings, persons, amounts.places, amounts.points, amounts.groups)
