"""Counting what the log says was accepted, by reading all of it: the books that all others are held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from shared.events import SubmissionAmended, SubmissionReceived, Topic
from shared.log.port import EventLog, LoggedMessage, TopicPartition

_WITH_CONTENT = frozenset({SubmissionReceived.event_type.encode(), SubmissionAmended.event_type.encode()})
MESSAGES_AT_ONCE = 5000


class _About(msgspec.Struct):
    submission_id: str
    campaign: str


_decode = msgspec.json.Decoder(_About).decode


@dataclass(frozen=True, slots=True)
class Census:
    """Accepted submissions of each campaign, up to ``ends``."""

    accepted: Mapping[str, int]
    ends: Mapping[TopicPartition, int]


class _Unheard:
    """An assignment listener that has no use for what it hears."""

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Nothing to do: everything is read from the start."""

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Never happens without a group."""


async def take_census(log: EventLog) -> Census:
    """Read the submissions from the start to the end as of now. Raises RetryLater."""
    ends = await log.ends(Topic.SUBMISSIONS)
    accepted: defaultdict[str, set[str]] = defaultdict(set)
    read = dict.fromkeys(ends, 0)
    subscription = await log.subscribe([Topic.SUBMISSIONS], group=None, listener=_Unheard())
    try:
        while any(read[partition] < end for partition, end in ends.items()):
            batch = await subscription.poll(MESSAGES_AT_ONCE, 1.0)
            for partition, messages in batch.items():
                read[partition] = messages[-1].offset + 1
                for message in messages:
                    if message.offset < ends[partition]:
                        _count(message, accepted)
    finally:
        await subscription.close()
    return Census({campaign: len(ids) for campaign, ids in accepted.items()}, ends)


def _count(message: LoggedMessage, accepted: Mapping[str, set[str]]) -> None:
    if message.header("ce_type") not in _WITH_CONTENT:
        return
    try:
        about = _decode(message.value)
    except msgspec.MsgspecError:
        return  # unreadable for everybody: it is in the consumers' dead letters, and accepted by none
    accepted[about.campaign].add(about.submission_id)
