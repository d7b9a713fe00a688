"""Generations of quota's fold: the counts by one version of the rules, beside those by another.

Rules that change in mid-campaign are a new generation, folded from the start of the log beside the one that is
live. Which one is live is told by a single document; whoever shows counts looks it up, so that a switch is seen by
every process at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.quota.model import Rules
from services.quota.rule_documents import rules_document, rules_in, rules_version
from shared.campaign import Campaign
from shared.consuming.positions import positions_of
from shared.errors import RetryLater
from shared.events import rfc3339
from shared.store.paging import all_documents
from shared.store.port import Collection, Counters, DuplicateId, Reader, Transaction, TransactionConflict

GENERATIONS = Collection("quota.generations")
"""A document for each generation, under its id, and the pointer to the live one."""
RULES = Collection("quota.rules")
"""What each generation counts by, under its id: so the live one goes on where its definition isn't loaded any more."""
REGISTRY = (GENERATIONS, RULES)
LIVE = "live"
"""The id of the pointer."""


@dataclass(frozen=True, slots=True)
class Generation:
    """The documents of one generation.

    ``days``: by unit as the sums, each bucket apart for every day of collection and for every day of arrival.
    ``points``: by interview point, the eligible interviews of each day of collection. ``groups``: by unit as the sums,
    the eligible interviews in each cell of the reference margins.
    """

    id: str
    standings: Collection
    persons: Collection
    sums: Counters
    days: Counters
    points: Counters
    groups: Counters

    @classmethod
    def called(cls, id: str) -> Generation:
        """The generation with this id."""
        return cls(
            id=id,
            standings=Collection(f"quota.{id}.standings"),
            persons=Collection(f"quota.{id}.persons"),
            sums=Counters(f"quota.{id}.sums"),
            days=Counters(f"quota.{id}.days"),
            points=Counters(f"quota.{id}.points"),
            groups=Counters(f"quota.{id}.groups"),
        )

    @classmethod
    def of(cls, campaigns: Mapping[str, Campaign]) -> Generation:
        """The generation that counts by the rules of ``campaigns``."""
        return cls.by({id: Rules.of(each) for id, each in campaigns.items()})

    @classmethod
    def by(cls, rules: Mapping[str, Rules]) -> Generation:
        """The generation that counts by ``rules``, by the ids of their campaigns."""
        return cls.called(f"g{rules_version(rules)}")

    @property
    def consumer(self) -> str:
        """Whose group reads the log for it, and under whose name its positions stand."""
        return f"quota.{self.id}"

    @property
    def collections(self) -> tuple[Collection | Counters, ...]:
        """What is folded."""
        return self.standings, self.persons, self.sums, self.days, self.points, self.groups

    @property
    def all_collections(self) -> tuple[Collection | Counters, ...]:
        """What is folded, and how far."""
        return *self.collections, positions_of(self.consumer)


@dataclass(frozen=True, slots=True)
class Known:
    """A generation that there is: since when, and whether it is the one that is shown."""

    generation: Generation
    begun_at: str
    is_live: bool


async def live_of(reader: Reader) -> Generation | None:
    """The generation that is shown; None before anything was counted.

    Raises RetryLater, also in the moment in which this process hasn't opened its documents yet.
    """
    pointer = await reader.get(GENERATIONS, LIVE)
    if pointer is None:
        return None
    generation = Generation.called(pointer.body["generation"])
    if not reader.is_opened_with(generation.sums):
        raise RetryLater(f"计数刚切换到 {generation.id}，正在打开，请稍后再试。")
    return generation


async def known_generations(reader: Reader) -> list[Known]:
    """Every generation that there is, the live one first, then by age."""
    pointer = await reader.get(GENERATIONS, LIVE)
    live = None if pointer is None else pointer.body["generation"]
    known = [
        Known(Generation.called(each.id), each.body["begun_at"], each.id == live)
        async for each in all_documents(reader, GENERATIONS, {})
        if each.id != LIVE
    ]
    return sorted(known, key=lambda each: (not each.is_live, each.begun_at, each.generation.id))


async def rules_of(reader: Reader, generation: Generation) -> Mapping[str, Rules] | None:
    """What ``generation`` counts by; None where this program can't count by it. Raises RetryLater."""
    document = await reader.get(RULES, generation.id)
    return None if document is None else rules_in(document.body)


async def enroll(
    transaction: Transaction, generation: Generation, rules: Mapping[str, Rules], now: datetime
) -> bool:
    """Note that ``generation`` is being folded by ``rules``; return whether it is live: the first one of all is.

    Raises TransactionConflict when another one was noted at the same time.
    """
    known = await transaction.get_many(GENERATIONS, [LIVE, generation.id])
    fresh = []
    if generation.id not in known:
        fresh.append((generation.id, {"begun_at": rfc3339(now)}))
    if LIVE not in known:
        fresh.append((LIVE, {"generation": generation.id, "since": rfc3339(now)}))
    if fresh:
        try:
            await transaction.insert_many(GENERATIONS, fresh)
            if generation.id not in known:
                await transaction.insert(RULES, generation.id, rules_document(rules))
        except DuplicateId as error:
            raise TransactionConflict(str(error)) from error
    return LIVE not in known or known[LIVE].body["generation"] == generation.id
