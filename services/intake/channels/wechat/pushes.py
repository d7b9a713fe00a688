"""A push from its bytes to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from services.intake.channels.wechat.accounts import CHANNEL, Account, Accounts
from services.intake.channels.wechat.conversation import Answered, Conversation
from services.intake.channels.wechat.envelope import Opener, Query
from services.intake.channels.wechat.errors import (
    BadEncoding,
    NotFromWeChat,
    Undecryptable,
    Unreadable,
    WeChatAway,
)
from services.intake.channels.wechat.incoming import EVENTS, LIMIT_BYTES, Kind
from services.intake.channels.wechat.messages import Messages, respondent
from services.intake.channels.wechat.replies import reply_to
from services.intake.model import Receipt
from services.intake.quarantine import Quarantine, Raw, Reason
from shared.errors import Invalid, RetryLater
from shared.metrics import INTAKE_WECHAT_MESSAGES, WeChatOutcome
from shared.real_time import RealClock

ANSWER_WITHIN_S = 4.0
"""WeChat waits for five. What isn't durable by then is answered 503, so that WeChat sends it again: that is a
repeat, and its answer has the receipt. An empty answer would say that all is well."""
ADAPTER = "wechat"
WHATEVER = "application/octet-stream"


class Pushes:
    """Answers pushes; what is WeChat's but can't be read goes into quarantine, and all else that is refused is
    only counted."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        opener: Opener,
        conversation: Conversation,
        messages: Messages,
        quarantine: Quarantine,
        clock: RealClock,
    ) -> None:
        self._accounts = accounts
        self._opener = opener
        self._conversation = conversation
        self._messages = messages
        self._quarantine = quarantine
        self._clock = clock

    async def answer(self, account: Account, query: Query, body: bytes) -> bytes:
        """The body that answers a push. Raises NotFromWeChat, Unreadable, RetryLater."""
        kind = Kind.OTHER
        try:
            opened = self._opener.open(account, query, body, self._clock())
            kind = opened.incoming.kind
            answered = await self._in_time(self._conversation.answer(account, opened.incoming))
        except NotFromWeChat:
            _count(kind, WeChatOutcome.NOT_FROM_WECHAT)
            raise
        except Unreadable as error:
            _count(kind, WeChatOutcome.UNREADABLE)
            await self._keep(account, body, error)
            raise
        except RetryLater:
            _count(kind, WeChatOutcome.UNAVAILABLE)
            raise
        _count(kind, answered.outcome)
        return reply_to(account, opened, answered.text, query.get("nonce", ""))

    def echo(self, account: Account, query: Query) -> str:
        """What WeChat wants to read when the address is set. Raises NotFromWeChat, Unreadable."""
        return self._opener.echo(account, query, self._clock())

    async def replay(self, raw: Raw) -> Receipt:
        """Take in a message that lay in quarantine. Its sender isn't answered: WeChat waits no longer."""
        account = self._accounts.of(raw.campaign)
        incoming = self._opener.open_again(account, raw.content).incoming
        if incoming.kind in EVENTS or incoming.kind is Kind.OTHER:
            raise Invalid("这是一个事件或未知类型的消息，不是留言。", code="not-a-message")
        sender = self._messages.sender(raw.campaign, incoming.sender)
        _, receipt = await self._messages.take_in(raw.campaign, sender, incoming)
        return receipt

    async def _in_time(self, work: Awaitable[Answered]) -> Answered:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await work
        except TimeoutError:
            raise WeChatAway("未能及时保存，请重新推送。") from None

    async def _keep(self, account: Account, body: bytes, error: Unreadable) -> None:
        if len(body) > LIMIT_BYTES:
            return  # nothing that a follower can send is so long
        anybody = respondent(f"{CHANNEL}:unknown", account.campaign)
        raw = Raw(account.campaign, CHANNEL, ADAPTER, body, WHATEVER, anybody)
        await self._quarantine.keep(raw, _reason(error), str(error))


def _reason(error: Unreadable) -> Reason:
    if isinstance(error, Undecryptable):
        return Reason.UNDECRYPTABLE
    return Reason.BROKEN_ENCODING if isinstance(error, BadEncoding) else Reason.BROKEN_FORMAT


def _count(kind: Kind, outcome: WeChatOutcome) -> None:
    INTAKE_WECHAT_MESSAGES.labels(kind, outcome).inc()
