"""What stands in the end, and whether that is exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.errors import RejectEvent
from shared.events import Event, derived_id, from_message
from shared.log.port import LoggedMessage, TopicPartition
from tests.shared.consuming.tally import HEARD, MESSAGES, SEEN, SUMS, TOLD, Amount, Tally, event_of, sums_of
from tests.shared.consuming.worlds import Engine


class Indifferent:
    """An AssignmentListener that does nothing."""

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None: ...

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None: ...


async def messages_in(engine: Engine, topic: str) -> list[LoggedMessage]:
    """Every message that stands in ``topic`` now, in order within a partition."""
    log = await engine.log()
    wanted = sum((await log.ends(topic)).values())
    subscription = await log.subscribe([topic], group=None, listener=Indifferent())
    found: list[LoggedMessage] = []
    try:
        while len(found) < wanted:
            for messages in (await subscription.poll(1000, 1.0)).values():
                found.extend(messages)
    finally:
        await subscription.close()
        await log.close()
    return found


@dataclass
class Books:
    """What stands in the end."""

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    messages: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)


async def books(engine: Engine) -> Books:
    """The tally's store and what it told, read as another process does."""
    store = await engine.store()
    kept = Books()
    kept.sums = await store.all_counters(SUMS, prefix="")
    kept.messages = await store.all_counters(MESSAGES, prefix="")
    cursor = None
    while True:
        page = await store.find(SEEN, {}, limit=1000, cursor=cursor)
        kept.seen |= {document.id: document.body for document in page.documents}
        if (cursor := page.cursor) is None:
            break
    await store.close()
    kept.told = [from_message(message) for message in await messages_in(engine, TOLD)]
    return kept


async def assert_counted(engine: Engine, numbers: Iterable[int], *, keys: int = 7) -> Books:
    """The events of ``numbers`` are counted once each, and each message of the log was applied once."""
    amounts = [Amount(event.id, event.key, n) for n, event in ((n, event_of(n, keys=keys)) for n in numbers)]
    kept = await books(engine)
    assert kept.seen == {each.id: {"key": each.key, "amount": each.amount} for each in amounts}
    assert kept.sums == sums_of(amounts)
    in_log = Counter(key for message in await messages_in(engine, HEARD) if (key := readable_key(message)))
    assert kept.messages == {key: {"messages": count} for key, count in in_log.items()}
    return kept


async def assert_exact(engine: Engine, numbers: Iterable[int], *, may_repeat: bool = False) -> None:
    """As ``assert_counted``, and each event is told of once, in the order of its key.

    ``may_repeat``: several relays ran at once, or one died between append and delete, so the log may hold an
    event again, under its id.
    """
    kept = await assert_counted(engine, numbers)
    ids = [event.id for event in kept.told]
    assert set(ids) == {derived_id(id, "told") for id in kept.seen}
    assert may_repeat or len(ids) == len(set(ids))
    for key in kept.sums:
        first_told = list(dict.fromkeys(event.subject for event in kept.told if event.key == key))
        assert first_told == [f"e{n}" for n in numbers if event_of(n).key == key]


def readable_key(message: LoggedMessage) -> str | None:
    """The key of a message that the tally can read."""
    try:
        return Tally().read(message).key
    except RejectEvent:
        return None
