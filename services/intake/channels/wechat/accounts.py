"""The official accounts that push messages here: one a campaign, with the secrets that WeChat shares with us."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field

from services.intake.channels.wechat.crypto import MessageCipher
from services.intake.channels.wechat.errors import AccountUnusable
from shared.campaign import Campaign
from shared.errors import Invalid, NotFound
from shared.problems import parse

CHANNEL = "wechat"
SETTING = "DAFANGTAN_INTAKE_WECHAT_ACCOUNTS"

Text = Annotated[str, Field(min_length=1, max_length=512)]


class _AccountEntry(BaseModel):
    """One account as the setting has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    app_id: Text
    token: Text
    encoding_aes_key: Text | None = None
    app_secret: Text | None = None
    questionnaire_url: Annotated[Text, Field(pattern=r"^https?://[^#\s]+$")] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An official account.

    With ``cipher`` (safe mode) it takes encrypted pushes only, without it plain ones only: else whoever saw one
    signed request could go on in the clear. Without ``app_secret`` media can't be fetched, and nobody can be
    recognised on the page at ``questionnaire_url``.
    """

    campaign: str
    app_id: str
    token: str = field(repr=False)
    cipher: MessageCipher | None = field(repr=False)
    app_secret: str | None = field(repr=False)
    questionnaire_url: str | None

    def derived_key(self, purpose: str) -> bytes:
        """A key (32 bytes) for ``purpose``, as secret as the app secret and renewed with it."""
        assert self.app_secret is not None, "asked before"
        return hmac.digest(self.app_secret.encode(), f"dafangtan/wechat/{purpose}".encode(), "sha256")


class Accounts:
    """The accounts by campaign."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts

    @classmethod
    def read(cls, setting: str, campaigns: Mapping[str, Campaign]) -> Accounts:
        """From the setting: a JSON object from campaign ids to accounts; empty: none.

        Raises AccountUnusable, which never quotes a secret.
        """
        if not setting.strip():
            return cls({})
        try:
            entries = orjson.loads(setting)
        except orjson.JSONDecodeError as error:
            raise AccountUnusable(f"{SETTING} 不是有效的 JSON（第 {error.lineno} 行）。") from None
        if not isinstance(entries, dict):
            raise AccountUnusable(f"{SETTING} 应为 JSON 对象：活动编号对应公众号。")
        return cls({id: _account(id, entry, campaigns) for id, entry in entries.items()})

    def of(self, campaign: str) -> Account:
        """The account of ``campaign``. Raises NotFound, the same as for any address that isn't there."""
        account = self._accounts.get(campaign)
        if account is None:
            raise NotFound("这个活动没有微信公众号。")
        return account

    def all(self) -> tuple[Account, ...]:
        """Every account."""
        return tuple(self._accounts.values())


def _account(campaign: str, entry: object, campaigns: Mapping[str, Campaign]) -> Account:
    place = f"{SETTING} 中活动“{campaign}”的公众号"
    if campaign not in campaigns or CHANNEL not in campaigns[campaign].channels:
        raise AccountUnusable(f"{place}：没有这个活动，或其定义没有渠道 {CHANNEL}。")
    try:
        told = parse(orjson.dumps(entry), _AccountEntry)
        cipher = MessageCipher(told.encoding_aes_key, told.app_id) if told.encoding_aes_key else None
    except Invalid as error:
        problems = "；".join(f"{problem.field}：{problem.message}" for problem in error.problems)
        raise AccountUnusable(f"{place}有误：{problems}。") from None
    except AccountUnusable as error:
        raise AccountUnusable(f"{place}有误：{error}") from None
    return Account(campaign, told.app_id, told.token, cipher, told.app_secret, told.questionnaire_url)
