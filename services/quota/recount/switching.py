"""From one generation to another: how far each has read, the switch, and removing one that isn't needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.quota.generations import GENERATIONS, LIVE, RULES, Generation
from services.quota.milestones import emit_milestones
from shared.campaign import Campaign
from shared.consuming import Effects, Outbox, positions
from shared.consuming.positions import StoredPosition
from shared.errors import Conflict, NotFound
from shared.events import rfc3339
from shared.log.port import TopicPartition
from shared.store.port import Document, Reader, Store, Transaction
from shared.store.retrying import in_transaction

Ends = Mapping[TopicPartition, int]
"""The ``next_offset`` at the end of each partition, as of some moment."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many events of the log a generation has read, of how many."""

    read_count: int
    event_count: int

    @property
    def missing_count(self) -> int:
        """How many are still to be read."""
        return self.event_count - self.read_count


async def reach_of(reader: Reader, generation: Generation, ends: Ends) -> Reach:
    """How far ``generation`` has read of what stood in the log at ``ends``. Raises RetryLater."""
    return _reach(await positions.load(reader, generation.consumer, ends), ends)


@dataclass(frozen=True, slots=True)
class Switch:
    """To show ``target`` in place of ``replaced``, which the difference was looked at against."""

    target: Generation
    replaced: Generation

    async def make(
        self, store: Store, outbox: Outbox, campaigns: Mapping[str, Campaign], ends: Ends, now: datetime
    ) -> None:
        """Move the pointer, and tell the milestones that only the new counts have reached.

        Positions of both are held meanwhile, so that no batch of either goes by what was live before. Raises
        NotFound, RetryLater, and Conflict when ``target`` hasn't come to ``ends`` or something else is live.
        """

        async def work(transaction: Transaction) -> None:
            await self._move_pointer(transaction, ends, rfc3339(now))
            effects = Effects(transaction)
            if Generation.of(campaigns) == self.target:
                for campaign in campaigns.values():
                    await emit_milestones(campaign, campaign.units.keys(), self.target, effects, now)
            await outbox.enter(transaction, effects.emitted)

        await in_transaction(store, work)

    async def _move_pointer(self, transaction: Transaction, ends: Ends, since: str) -> None:
        documents = await transaction.get_many(GENERATIONS, [LIVE, self.target.id])
        pointer, known = self._checked(documents)
        reach = _reach(await positions.hold(transaction, self.target.consumer, ends), ends)
        if reach.missing_count:
            raise Conflict(f"{self.target.id} 还有 {reach.missing_count:,} 条事件没有读到，不能切换。")
        await positions.hold(transaction, self.replaced.consumer, ends)
        told = [
            (LIVE, {"generation": self.target.id, "since": since}, pointer.version),
            (known.id, {**known.body, "shown_since": since}, known.version),  # whoever drops it meets this
        ]
        await transaction.replace_many(GENERATIONS, told)

    def _checked(self, documents: Mapping[str, Document]) -> tuple[Document, Document]:
        """The pointer, and the document of the target."""
        if self.target.id not in documents or LIVE not in documents:
            raise unknown(self.target.id)
        live = documents[LIVE].body["generation"]
        if live == self.target.id:
            raise Conflict(f"作战图现在用的就是 {live}，不必切换。")
        if live != self.replaced.id:
            raise Conflict(f"作战图刚换成了 {live}：请重新查看差别，再决定是否切换。")
        return documents[LIVE], documents[self.target.id]


async def drop_generation(store: Store, generation: Generation) -> None:
    """Remove ``generation``. Raises NotFound, Conflict when it is the live one, RetryLater."""

    async def work(transaction: Transaction) -> None:
        documents = await transaction.get_many(GENERATIONS, [LIVE, generation.id])
        if generation.id not in documents:
            raise unknown(generation.id)
        if documents[LIVE].body["generation"] == generation.id:
            raise Conflict(f"{generation.id} 是作战图现在所用的，不能删除。")
        for collection in generation.all_collections:
            await transaction.clear(collection)
        await transaction.delete(RULES, generation.id)
        await transaction.delete(GENERATIONS, generation.id, version=documents[generation.id].version)

    await in_transaction(store, work)


def unknown(id: str) -> NotFound:
    """There is no such generation."""
    return NotFound(f"没有计数“{id}”；有哪些请看 dafangtan recount show。", code="unknown-generation")


def _reach(stored: Mapping[TopicPartition, StoredPosition], ends: Ends) -> Reach:
    read = sum(min(stored[partition].next_offset, end) for partition, end in ends.items())
    return Reach(read, sum(ends.values()))
