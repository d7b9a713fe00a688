"""The component that fetches the media of messages and keeps them sealed beside their submission."""

from __future__ import annotations

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
from shared.access.principals import channel_principal
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import DafangtanError, NotFound, RetryLater
from shared.logging import get_logger
from shared.metrics import INTAKE_WECHAT_MEDIA, INTAKE_WECHAT_MEDIA_WAITING, MediaOutcome

LOOK_EVERY_S = 5.0
GONE = frozenset({40007})
"""WeChat has no such media, and never will. All other refusals are about the account: somebody may mend them."""
_NAMES: Mapping[str, str] = {
    Kind.IMAGE: "图片",
    Kind.VOICE: "语音",
    Kind.VIDEO: "视频",
    Kind.SHORT_VIDEO: "视频",
}


class MediaFetcher(BackgroundComponent):
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
        super().__init__()
        self._accounts = accounts
        self._api = api
        self._tokens = tokens
        self._jobs = jobs
        self._jobs.when_entered = self.wake
        self._attachments = attachments
        self._rest_until_s = 0

    async def stop(self) -> None:
        """Leave what is under way to the next start."""
        await super().stop()
        await self._api.close()

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
            try:
                await self.fetch_due()
            except RetryLater as error:
                self._waiting_for = str(error)
                await backoff.wait()
                continue
            backoff.reset()
            await self._pause(LOOK_EVERY_S)

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
    return channel_principal(f"{CHANNEL}:{account.campaign}", CHANNEL, (account.campaign,))
