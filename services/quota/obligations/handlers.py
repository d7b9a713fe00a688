"""Events about obligations in; what each unit has done out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.quota.obligations import store
from services.quota.obligations.decoding import Told, read_told
from services.quota.obligations.facts import Fact, Facts, later
from services.quota.store import write_all
from shared.campaign import Campaign
from shared.consuming import Effects
from shared.events import Topic
from shared.log.port import LoggedMessage
from shared.store.port import Collection, Counters


class ObligationHandler:
    """The fold of ``obligations``; a ``shared.consuming.Handler``."""

    name = "quota.obligations"
    topics = (Topic.OBLIGATIONS,)
    collections: tuple[Collection | Counters, ...] = (store.OBLIGATIONS,)

    def __init__(self, campaigns: Mapping[str, Campaign]) -> None:
        self._campaigns = campaigns

    def read(self, message: LoggedMessage) -> Told:
        """The fact that ``message`` tells. Raises RejectEvent."""
        return read_told(message, self._campaigns)

    async def apply(self, heard: Sequence[Told], effects: Effects) -> None:
        """Let of what is told about each thing the later one stand."""
        by_unit: defaultdict[str, list[Told]] = defaultdict(list)
        for told in heard:
            by_unit[store.document_id(told.campaign, told.unit)].append(told)
        known = await effects.transaction.get_many(store.OBLIGATIONS, list(by_unit))
        bodies = []
        for id, some in by_unit.items():
            before = store.facts_in(known.get(id))
            after = merged(before, some)
            if after != before:
                bodies.append((id, store.body_of(after)))
        await write_all(effects.transaction, store.OBLIGATIONS, known, bodies)


def merged(facts: Facts, heard: Sequence[Told]) -> Facts:
    """``facts`` with what was heard of the same unit. The order of either doesn't matter."""
    after: dict[str, Fact] = dict(facts)
    for told in heard:
        after[told.key] = later(after[told.key], told.fact) if told.key in after else told.fact
    return after
