"""A consumer that is small and strict: it sums, remembers every event it saw, and tells of each.

It also counts messages without looking whether it has seen them: a message that is applied twice shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from shared.consuming import Effects
from shared.errors import RejectEvent
from shared.events import Event, Topic, derived_id, from_message, to_message
from shared.log.port import LoggedMessage, Message
from shared.store.port import Collection, Counters

SEEN = Collection("tally.seen")
SUMS = Counters("tally.sums")
MESSAGES = Counters("tally.messages")
HEARD, TOLD = Topic.SUBMISSIONS, Topic.NOTICES


@dataclass(frozen=True)
class Amount:
    """What the data of an event says."""

    id: str
    key: str
    amount: int


class Tally:
    """Sums amounts by key and emits an event for each that it counted."""

    name = "tally"
    topics = (HEARD,)
    collections: tuple[Collection | Counters, ...] = (SEEN, SUMS, MESSAGES)

    async def apply(self, amounts: Sequence[Amount], effects: Effects) -> None:
        counts = Counter(amount.key for amount in amounts)
        increments = {key: {"messages": count} for key, count in counts.items()}
        await effects.transaction.increment(MESSAGES, increments)
        known = await effects.transaction.get_many(SEEN, list({amount.id for amount in amounts}))
        fresh = {amount.id: amount for amount in amounts if amount.id not in known}
        if not fresh:
            return
        rows = [(id, {"key": each.key, "amount": each.amount}) for id, each in fresh.items()]
        await effects.transaction.insert_many(SEEN, rows)
        await effects.transaction.increment(SUMS, sums_of(fresh.values()))
        for each in fresh.values():
            effects.emit(TOLD, told_of(each))

    def read(self, message: LoggedMessage) -> Amount:
        """The amount in a message. Raises RejectEvent."""
        event = from_message(message)
        try:
            return Amount(event.id, event.key, orjson.loads(event.data)["amount"])
        except orjson.JSONDecodeError as error:
            raise RejectEvent(f"data: {error}") from error


def event_of(n: int, *, keys: int = 7) -> Event:
    """The ``n``-th event: its key comes again every ``keys`` events, with larger amounts."""
    data = orjson.dumps({"amount": n})
    return Event(f"e{n}", "test.heard.v1", "/test", f"s{n}", "2024-06-01T00:00:00.000Z", f"k{n % keys}", data)


def events_of(numbers: Iterable[int]) -> list[Event]:
    """An event for each of ``numbers``."""
    return [event_of(n) for n in numbers]


def messages_of(numbers: Iterable[int]) -> list[Message]:
    """A message for each of ``numbers``."""
    return [to_message(event_of(n)) for n in numbers]


def sums_of(amounts: Iterable[Amount]) -> Mapping[str, Mapping[str, int]]:
    """How the counters of each key grow by ``amounts``."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for each in amounts:
        counts[each.key] += 1
        sums[each.key] += each.amount
    return {key: {"count": counts[key], "amount": sums[key]} for key in counts}


def told_of(amount: Amount) -> Event:
    """What the tally tells of an event that it counted."""
    data = orjson.dumps({"amount": amount.amount})
    id = derived_id(amount.id, "told")
    return Event(id, "test.told.v1", "/test", amount.id, "2024-06-01T00:00:00.000Z", amount.key, data)
