"""The access token of an account: one for all processes, in the store, renewed by one of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from services.intake.channels.wechat import store
from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.api import WeChatApi
from services.intake.channels.wechat.errors import WeChatAway
from services.intake.channels.wechat.store import ACCESS_TOKENS, SharedToken
from shared.logging import get_logger
from shared.privacy import Privacy, SealBroken
from shared.real_time import RealClock
from shared.store.port import DuplicateId, Store, VersionMoved
from shared.store.structs import body_of

MARGIN_S = 300
"""So long before its end a token is renewed: WeChat gives out the next one by then, and both are good."""
RENEWED_WITHIN_S = 15
"""A process that takes longer has died."""
_FIELD = "access_token"


class _Found(NamedTuple):
    """What the store has: ``version`` 0 where there is nothing yet."""

    shared: SharedToken
    version: int


class AccessTokens:
    """Gives out access tokens."""

    def __init__(
        self, *, api: WeChatApi, store: Store, privacies: Mapping[str, Privacy], clock: RealClock
    ) -> None:
        self._api = api
        self._store = store
        self._privacies = privacies
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def get(self, account: Account, *, refused: str | None = None) -> str:
        """A token that is good, and is another than ``refused``, which WeChat takes no longer.

        Raises WeChatAway, also while another process renews it; WeChatRefused; RetryLater.
        """
        async with self._one_at_a_time:
            found = await self._find(account)
            token = self._opened(account, found.shared)
            if token is not None and token != refused and found.shared.ends_s - MARGIN_S > self._now_s():
                return token
            claimed = await self._claim(account, found)
            return await self._renew(account, claimed, refused if token == refused else None)

    async def _find(self, account: Account) -> _Found:
        document = await self._store.get(ACCESS_TOKENS, account.app_id)
        if document is None:
            return _Found(SharedToken(), 0)
        return _Found(store.read(document, SharedToken), document.version)

    async def _claim(self, account: Account, found: _Found) -> _Found:
        """Say to the other processes that this one renews it. Raises WeChatAway when another one was faster."""
        now_s = self._now_s()
        if found.shared.renewing_until_s > now_s:
            raise WeChatAway("另一进程正在更新微信接口凭据。")
        claimed = replace(found.shared, renewing_until_s=now_s + RENEWED_WITHIN_S)
        return await self._write(account, claimed, found.version)

    async def _renew(self, account: Account, claimed: _Found, refused: str | None) -> str:
        token, good_for_s = await self._api.stable_token(account, force=False)
        if token == refused:
            token, good_for_s = await self._api.stable_token(account, force=True)
        sealer, id = self._privacies[account.campaign].sealer, _id(account)
        key = sealer.new_data_key(id)
        sealed = sealer.seal(key, id, _FIELD, token.encode())
        await self._write(
            account, SharedToken(key.wrapped, sealed, self._now_s() + good_for_s), claimed.version
        )
        get_logger("intake.wechat").info("access-token-renewed", campaign=account.campaign)
        return token

    async def _write(self, account: Account, shared: SharedToken, version: int) -> _Found:
        body = body_of(shared)
        try:
            async with self._store.transaction() as transaction:
                if version:
                    await transaction.replace(ACCESS_TOKENS, account.app_id, body, version=version)
                else:
                    await transaction.insert(ACCESS_TOKENS, account.app_id, body)
        except (VersionMoved, DuplicateId):
            raise WeChatAway("另一进程正在更新微信接口凭据。") from None
        return _Found(shared, version + 1)

    def _opened(self, account: Account, shared: SharedToken) -> str | None:
        """The token; None where there is none, or its key was thrown away."""
        if not shared.sealed:
            return None
        sealer, id = self._privacies[account.campaign].sealer, _id(account)
        try:
            return sealer.open(sealer.unwrap(id, shared.wrapped_key), id, _FIELD, shared.sealed).decode()
        except SealBroken:
            return None

    def _now_s(self) -> int:
        return int(self._clock().timestamp())


def _id(account: Account) -> str:
    return f"wechat-access-token/{account.app_id}"
