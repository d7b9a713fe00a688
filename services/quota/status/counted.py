"""What every line has done, once all of it is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.quota.forecast.model import LineHistory
from services.quota.status.grounds import histories_of
from services.quota.store import By, days_of
from shared.campaign import Campaign
from shared.consuming import positions
from shared.log.port import TopicPartition
from shared.store.port import Store


async def counted_histories(
    campaign: Campaign, ends: Mapping[TopicPartition, int], *, consumer: str, store: Store
) -> Sequence[LineHistory] | None:
    """What every line has done by day; None while ``consumer`` hasn't come to ``ends``.

    Both are read at a single point in time: what a rebuild has cleared meanwhile isn't taken for what was done.
    Raises RetryLater.
    """
    async with store.transaction() as transaction:
        places = await positions.load(transaction, consumer, ends)
        if any(places[partition].next_offset < end for partition, end in ends.items()):
            return None
        return histories_of(campaign, await days_of(transaction, campaign.id, By.COLLECTED))
