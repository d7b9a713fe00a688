"""Holding the books of the services against the log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from services.cli.asking import content_of
from services.cli.census import take_census
from services.cli.settings import ClientSettings
from services.quota.model import BUCKET_NAMES, Bucket
from shared.errors import RetryLater
from shared.log.port import EventLog

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one campaign: the log's, quota's buckets, analytics' rows."""

    campaign: str
    accepted: int
    buckets: Mapping[str, int]
    rows: int
    rows_withdrawn: int

    @property
    def is_balanced(self) -> bool:
        """accepted = sum of the buckets = rows + withdrawn, and both know the same withdrawals."""
        return (
            self.accepted == sum(self.buckets.values()) == self.rows + self.rows_withdrawn
            and self.buckets.get("withdrawn", 0) == self.rows_withdrawn
        )

    def line(self) -> str:
        """The reconciliation in one line."""
        buckets = "，".join(f"{BUCKET_NAMES[Bucket(name)]} {n:,}" for name, n in self.buckets.items())
        verdict = "账目平衡" if self.is_balanced else "账目不平衡"
        return (
            f"对账：已接收 {self.accepted:,} = 名额各项合计 {sum(self.buckets.values()):,}（{buckets}）"
            f"= 分析 {self.rows:,} + 撤回 {self.rows_withdrawn:,}；{verdict}。"
        )


async def read_books(campaign: str, log: EventLog, client: httpx.AsyncClient, urls: ClientSettings) -> Books:
    """The books as they stand now; they agree only at a quiet point. Raises what ``content_of`` does."""
    census = await take_census(log)
    quota = await _entries(client, f"{urls.quota_url}/quota/v1/campaigns/{campaign}/books")
    analytics = await _entries(client, f"{urls.analytics_url}/analytics/v1/campaigns/{campaign}/books")
    return Books(
        campaign=campaign,
        accepted=census.accepted.get(campaign, 0),
        buckets=quota,
        rows=analytics["standing"],
        rows_withdrawn=analytics["withdrawn"],
    )


async def wait_for_balance(
    campaign: str,
    log: EventLog,
    client: httpx.AsyncClient,
    urls: ClientSettings,
    *,
    within_s: float,
    accepted_count: int = 0,
) -> Books:
    """The books once they balance at ``accepted_count`` or more, or as they stand after ``within_s`` seconds.

    Submissions that intake still holds in its spool are not in the log: whoever knows how many were accepted
    says so. Raises RetryLater when a service didn't answer at all, and at once what ``content_of`` says of a refusal.
    """
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + within_s
    while True:
        is_last = loop.time() >= deadline_s
        try:
            books = await read_books(campaign, log, client, urls)
        except RetryLater:
            if is_last:
                raise
        else:
            if is_last or (books.is_balanced and books.accepted >= accepted_count):
                return books
        await asyncio.sleep(LOOK_EVERY_S)


async def _entries(client: httpx.AsyncClient, url: str) -> dict[str, int]:
    try:
        answer = await client.get(url)
    except httpx.HTTPError as error:
        raise RetryLater(f"{url} 没有应答：{error}") from error
    entries: dict[str, int] = content_of(answer)["entries"]
    return entries
