"""The buckets as a gauge, read from the store now and then: they are sums over every process's work."""

from __future__ import annotations

import asyncio
import contextlib

from services.quota.board import progress_of
from services.quota.store import sums_of
from shared.background import Background
from shared.errors import RetryLater
from shared.metrics import QUOTA_BUCKET
from shared.platform import Health, Platform

REFRESH_EVERY_S = 5.0


class BucketGauges:
    """Keeps ``dafangtan_quota_bucket_submissions`` fresh."""

    name = "quota.gauges"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._background = Background(self.name)

    async def start(self) -> None:
        """Refresh from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """Leave the gauges as they are."""
        await self._background.cancel()

    def health(self) -> Health:
        """Ready unless it crashed."""
        return self._background.health()

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""
        return self._background.crashed

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RetryLater):  # the store's absence is told by the consumer
                await self._refresh()
            await asyncio.sleep(REFRESH_EVERY_S)

    async def _refresh(self) -> None:
        platform = self._platform
        for campaign in platform.campaigns.values():
            day = platform.clock().astimezone(campaign.timezone).date()
            progress = progress_of(campaign, await sums_of(platform.store, campaign.id), day)
            for bucket, count in progress.buckets.items():
                QUOTA_BUCKET.labels(campaign=campaign.id, bucket=bucket).set(count)
