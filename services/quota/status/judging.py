"""Judging every line of a campaign, keeping what was judged, and telling what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.quota.forecast.model import LineHistory
from services.quota.status.grounds import Grounds, grounds_of, last_whole_day
from services.quota.status.model import FIRST, Judgement, judged
from services.quota.status.store import Kept, kept_of, write
from services.quota.status.telling import change_event
from shared.campaign import Campaign
from shared.consuming import Outbox
from shared.events import Event, QuotaStatus, Topic
from shared.logging import get_logger
from shared.store.port import DuplicateId, Store, Transaction, VersionMoved
from shared.store.retrying import in_transaction


@dataclass(frozen=True, slots=True)
class Move:
    """A line's judgement that is new: of another day or another status."""

    line: LineHistory
    before: QuotaStatus
    judgement: Judgement
    grounds: Grounds

    @property
    def is_change(self) -> bool:
        """Whether there is something to tell."""
        return self.judgement.status is not self.before


def moves_of(
    histories: Sequence[LineHistory], kept: Mapping[str, Kept], grounds: Mapping[str, Grounds]
) -> Iterator[Move]:
    """What judging all lines on ``grounds`` comes to; nothing for lines that stand so already. Pure."""
    for line in histories:
        its = grounds[line.quota_line]
        before = kept[line.quota_line].judgement if line.quota_line in kept else None
        judgement = judged(before, its.evidence, its.day)
        if judgement != before:
            yield Move(line, before.status if before else FIRST, judgement, its)


async def judge(
    campaign: Campaign, histories: Sequence[LineHistory], now: datetime, *, store: Store, outbox: Outbox
) -> bool:
    """Judge the last whole day from ``histories``; False when another process was faster, and nothing stands of this.

    Judgements and the events of changes are one transaction. Raises RetryLater: it is unknown then whether it
    stands, and judging again is right.
    """
    kept = await kept_of(store, campaign)
    day, today = last_whole_day(campaign, now), campaign.day_of(now)
    grounds = await asyncio.to_thread(grounds_of, campaign, histories, day, today=today)
    moves = list(moves_of(histories, kept, grounds))
    changes = [move for move in moves if move.is_change]
    events = [(Topic.QUOTA, _event(campaign, change, now)) for change in changes]

    async def keep(transaction: Transaction) -> None:
        await write(transaction, campaign, kept, {move.line.quota_line: move.judgement for move in moves})
        await outbox.enter(transaction, events)

    try:
        await in_transaction(store, keep)
    except (VersionMoved, DuplicateId):
        return False
    if changes:
        outbox.wake()
        _log(campaign, changes)
    return True


def _event(campaign: Campaign, change: Move, now: datetime) -> Event:
    return change_event(campaign, change.line, change.grounds, (change.before, change.judgement.status), now)


def _log(campaign: Campaign, changes: Sequence[Move]) -> None:
    for change in changes:
        get_logger("quota.statuses").info(
            "status-changed",
            campaign=campaign.id,
            quota_line=change.line.quota_line,
            before=change.before,
            status=change.judgement.status,
            on=str(change.judgement.judged_on),
        )
