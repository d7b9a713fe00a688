"""The component that fetches the media of messages and keeps them sealed beside their submission."""

from __future__ import annotations

import asyncio
import contextlib
import math
import mimetypes
from collections.abc import Mapping

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.errors import HolderWithdrawn
from services.intake.attachments.model import Described
from services.intake.channels.wechat.access_tokens import AccessTokens
from services.intake.channels.wechat.accounts import CHANNEL, Account, Accounts
from services.intake.channels.wechat.api import TokenRefused, WeChatApi
from services.intake.channels.wechat.errors import WeChatAway, WeChatRefused
from services.intake.channels.wechat.incoming import Kind
from services.intake.channels.wechat.media_jobs import Found, MediaJobs
from services.intake.channels.wechat.store import MediaJob
from shared.access import Principal
from shared.access.principals import CHANNEL_ROLE
from shared.background import Background
from shared.consuming.backoff import Backoff
from shared.errors import DafangtanError, NotFound, RetryLater
from shared.logging import get_logger
from shared.metrics import INTAKE_WECHAT_MEDIA, INTAKE_WECHAT_MEDIA_WAITING, MediaOutcome
from shared.platform import Health

LOOK_EVERY_S = 5.0
GONE = frozenset({40007})
"""WeChat has no such media, and never will. All other refusals are about the account: somebody may mend them."""
_NAMES: Mapping[str, str] = {
    Kind.IMAGE: "图片",
    Kind.VOICE: "语音",
    Kind.VIDEO: "视频",
    Kind.SHORT_VIDEO: "视频",
}


class MediaFetcher:
    """Works the queue off. Any number of processes may run one.

    What fails is tried again, after longer and longer, until WeChat keeps it no more; then it is given up, which
    the log and a metric tell.
    """

    name = "intake.wechat-media"

    def __init__(
        self,
        *,
        accounts: Accounts,
        api: WeChatApi,
        tokens: AccessTokens,
        jobs: MediaJobs,
        attachments: Attachments,
    ) -> None:
        self._accounts = accounts
        self._api = api
        self._tokens = tokens
        self._jobs = jobs
        self._attachments = attachments
        self._background = Background(self.name)
        self._waiting_for = ""
        self._rest_until_s = 0

    async def start(self) -> None:
        """Fetch from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """Leave what is under way to the next start."""
        await self._background.cancel()
        await self._api.close()

    def health(self) -> Health:
        """Ready also while WeChat is away: media wait, and messages are accepted."""
        health = self._background.health()
        return Health(health.is_ready, health.detail or self._waiting_for)

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""
        return self._background.crashed

    def look_now(self) -> None:
        """Don't wait for the next look."""
        self._jobs.something_came.set()

    async def fetch_due(self) -> None:
        """Fetch what is due, until WeChat asks to wait. Raises RetryLater when the store is away."""
        for found in await self._jobs.due():
            if self._jobs.now_s() < self._rest_until_s:
                break
            claimed = await self._jobs.claim(found)
            if claimed is not None:
                INTAKE_WECHAT_MEDIA.labels(await self._try(claimed)).inc()
        INTAKE_WECHAT_MEDIA_WAITING.set(await self._jobs.waiting_count())

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            self._jobs.something_came.clear()
            try:
                await self.fetch_due()
            except RetryLater as error:
                self._waiting_for = str(error)
                await backoff.wait()
                continue
            backoff.reset()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._jobs.something_came.wait(), LOOK_EVERY_S)

    async def _try(self, claimed: Found) -> MediaOutcome:
        try:
            await self._fetch(self._account(claimed.job), claimed.job)
        except (HolderWithdrawn, NotFound):
            await self._jobs.settle(claimed)
            return MediaOutcome.WITHDRAWN
        except DafangtanError as error:
            return await self._failed(claimed, error)
        self._waiting_for = ""
        await self._jobs.settle(claimed)
        return MediaOutcome.FETCHED

    async def _failed(self, claimed: Found, error: DafangtanError) -> MediaOutcome:
        is_over = self._jobs.now_s() >= claimed.job.ends_s
        fields = {"submission_id": claimed.submission_id, "reason": str(error)}
        if is_over or not _may_pass(error):
            get_logger(self.name).error("media-given-up", **fields)
            await self._jobs.settle(claimed)
            return MediaOutcome.GIVEN_UP
        get_logger(self.name).warning("media-wait", **fields)
        after_s = math.ceil(error.after_s) if isinstance(error, RetryLater) else 0
        self._waiting_for = str(error)
        self._rest_until_s = self._jobs.now_s() + after_s
        await self._jobs.postpone(claimed, at_least_s=after_s)
        return MediaOutcome.RETRIED

    def _account(self, job: MediaJob) -> Account:
        """Raises WeChatAway when the settings no longer have it: they may have it again."""
        try:
            account = self._accounts.of(job.campaign)
        except NotFound:
            account = None
        if account is None or account.app_secret is None:
            raise WeChatAway("这个活动没有可用的微信公众号设置。")
        return account

    async def _fetch(self, account: Account, job: MediaJob) -> None:
        token = await self._tokens.get(account)
        try:
            await self._keep(account, job, token)
        except TokenRefused:
            await self._keep(account, job, await self._tokens.get(account, refused=token))

    async def _keep(self, account: Account, job: MediaJob, token: str) -> None:
        async with self._api.media(token, job.media_id) as media:
            ending = mimetypes.guess_extension(media.media_type) or ""
            described = Described(f"{_NAMES[job.kind]}{ending}", media.media_type)
            await self._attachments.add(_frontend(account), job.receipt, described, media.chunks)


def _may_pass(error: DafangtanError) -> bool:
    """Whether the same may go well another time, by itself or since somebody mends the account."""
    if isinstance(error, WeChatRefused):
        return error.errcode not in GONE
    return isinstance(error, RetryLater)


def _frontend(account: Account) -> Principal:
    """The channel itself, for what no follower asks for."""
    return Principal(
        subject=f"channel:{CHANNEL}:{account.campaign}",
        kind="channel",
        roles=frozenset({CHANNEL_ROLE}),
        channel=CHANNEL,
        campaigns=frozenset({account.campaign}),
    )
