"""The buckets as a gauge, read from the store now and then: they are sums over every process's work."""

from __future__ import annotations

import contextlib

from services.quota.board import progress_of
from services.quota.store import sums_of
from shared.background import BackgroundComponent
from shared.errors import RetryLater
from shared.metrics import QUOTA_BUCKET
from shared.platform import Platform

REFRESH_EVERY_S = 5.0


class BucketGauges(BackgroundComponent):
    """Keeps ``dafangtan_quota_bucket_submissions`` fresh."""

    name = "quota.gauges"

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumer
                await self._refresh()
            await self._pause(REFRESH_EVERY_S)

    async def _refresh(self) -> None:
        platform = self._platform
        for campaign in platform.campaigns.values():
            day = campaign.day_of(platform.clock())
            progress = progress_of(campaign, await sums_of(platform.store, campaign.id), day, {})
            for bucket, count in progress.buckets.items():
                QUOTA_BUCKET.labels(campaign=campaign.id, bucket=bucket).set(count)
