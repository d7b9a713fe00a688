"""Errors of the WeChat channel."""

from __future__ import annotations

from shared.errors import DafangtanError, Invalid, NotAllowed, RetryLater


class AccountUnusable(DafangtanError):
    """The settings of an official account can't be used as they are; the message says what to mend."""


class NotFromWeChat(NotAllowed):
    """The signature or the time is wrong: anybody could have sent this, so nothing of it is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="not-from-wechat")


class Unreadable(Invalid):
    """It is signed, but no message can be read from it."""

    def __init__(self, reason: str, *, code: str = "unreadable-message") -> None:
        super().__init__(reason, code=code)


class Undecryptable(Unreadable):
    """It is signed, but doesn't decrypt with this account's key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="undecryptable-message")


class BadEncoding(Unreadable):
    """It is signed, but isn't UTF-8."""

    def __init__(self) -> None:
        super().__init__("消息不是 UTF-8 编码。", code="bad-encoding")


class WeChatAway(RetryLater):
    """WeChat's own servers can't be reached, or ask to wait."""


class WeChatRefused(DafangtanError):
    """WeChat's own servers refuse what was asked; asking the same again is of no use."""

    def __init__(self, code: int, meaning: str) -> None:
        super().__init__(f"微信接口答复 errcode={code}：{meaning}")
        self.errcode = code
