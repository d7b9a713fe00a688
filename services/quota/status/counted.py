"""What every line has done, once all of it is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.quota.forecast.model import LineHistory
from services.quota.generations import live_of
from services.quota.model import By
from services.quota.status.grounds import histories_of
from services.quota.store import days_in
from shared.campaign import Campaign
from shared.consuming import positions
from shared.log.port import TopicPartition
from shared.store.port import Store


async def counted_histories(
    campaign: Campaign, ends: Mapping[TopicPartition, int], *, store: Store
) -> Sequence[LineHistory] | None:
    """What every line has done by day; None while what is live hasn't come to ``ends``.

    Both are read at a single point in time: what a rebuild has cleared meanwhile isn't taken for what was done.
    Raises RetryLater.
    """
    async with store.transaction() as transaction:
        live = await live_of(transaction)
        if live is None:
            return None if any(ends.values()) else histories_of(campaign, {})
        places = await positions.load(transaction, live.consumer, ends)
        if any(places[partition].next_offset < end for partition, end in ends.items()):
            return None
        return histories_of(campaign, await days_in(transaction, live, campaign.id, By.COLLECTED))
