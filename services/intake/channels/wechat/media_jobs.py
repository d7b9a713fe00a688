"""The media that are still to be fetched: durable, each in the hands of one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from services.intake.channels.wechat import store
from services.intake.channels.wechat.incoming import Incoming
from services.intake.channels.wechat.store import MEDIA_JOBS, MediaJob
from services.intake.model import Receipt
from shared.real_time import RealClock
from shared.store.port import Range, Store, VersionMoved
from shared.store.structs import body_of

KEPT_BY_WECHAT_S = 3 * 24 * 3600
"""WeChat official documentation, 临时素材: media ids of messages are good for three days."""
FETCHED_WITHIN_S = 120
"""A process that takes longer has died; another one takes the job up."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5, 3600
AT_ONCE = 50


class Found(NamedTuple):
    """A job, its submission, and the version of its document."""

    submission_id: str
    job: MediaJob
    version: int


class MediaJobs:
    """The queue. Every method raises RetryLater."""

    def __init__(self, *, store: Store, clock: RealClock) -> None:
        self._store = store
        self._clock = clock
        self.when_entered: Callable[[], None] = lambda: None
        """Called when there is something new to fetch."""

    async def enter(self, receipt: Receipt, incoming: Incoming) -> None:
        """Put the media of an accepted message into the queue, once however often it comes."""
        job = MediaJob(
            campaign=receipt.registration.campaign,
            receipt=receipt.code,
            media_id=incoming.get("MediaId"),
            kind=incoming.kind,
            due_s=self.now_s(),
            ends_s=incoming.created_s + KEPT_BY_WECHAT_S,
        )
        await self._store.insert_each(MEDIA_JOBS, [(receipt.registration.submission_id, body_of(job))])
        self.when_entered()

    async def due(self) -> list[Found]:
        """What is due, oldest first."""
        due = {"due_s": Range(lt=self.now_s() + 1)}
        page = await self._store.find(MEDIA_JOBS, due, order_by="due_s", limit=AT_ONCE)
        return [Found(each.id, store.read(each, MediaJob), each.version) for each in page.documents]

    async def claim(self, found: Found) -> Found | None:
        """Take a job in hand; None when another process was faster."""
        return await self._moved(found, due_s=self.now_s() + FETCHED_WITHIN_S)

    async def postpone(self, claimed: Found, *, at_least_s: float) -> None:
        """Try again later, each time after twice as long."""
        tries_count = claimed.job.tries_count + 1
        wait_s = max(int(at_least_s), min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries_count, 20)))
        await self._moved(claimed, due_s=self.now_s() + wait_s, tries_count=tries_count)

    async def settle(self, claimed: Found) -> None:
        """There is nothing more to do."""
        async with self._store.transaction() as transaction:
            await transaction.delete(MEDIA_JOBS, claimed.submission_id)

    async def waiting_count(self) -> int:
        """How many there are."""
        return await self._store.count(MEDIA_JOBS)

    def now_s(self) -> int:
        """Seconds since 1970."""
        return int(self._clock().timestamp())

    async def _moved(self, found: Found, **changes: int) -> Found | None:
        """With changes; None when another process has it."""
        job = replace(found.job, **changes)
        body = body_of(job)
        try:
            async with self._store.transaction() as transaction:
                await transaction.replace(MEDIA_JOBS, found.submission_id, body, version=found.version)
        except VersionMoved:
            return None
        return Found(found.submission_id, job, found.version + 1)
