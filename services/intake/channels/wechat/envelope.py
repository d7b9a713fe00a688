"""Opening a push: is it WeChat's, is it fresh, and what does it say?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.crypto import is_signature_of
from services.intake.channels.wechat.errors import NotFromWeChat, Unreadable
from services.intake.channels.wechat.incoming import Incoming, fields_of, incoming_of, is_json

Query = Mapping[str, str]
_PLAIN = re.compile(r"[A-Za-z0-9_\-]{0,64}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What was pushed, and the form in which an answer is understood."""

    incoming: Incoming
    is_json: bool


class Opener:
    """Opens what comes for an account. ``fresh_s``: how old or early a push may be; 0: any."""

    def __init__(self, *, fresh_s: int) -> None:
        self._fresh_s = fresh_s

    def open(self, account: Account, query: Query, body: bytes, now: datetime) -> Opened:
        """The push in ``body``.

        Raises NotFromWeChat unless one who knows the token sent it, lately; then Unreadable, Undecryptable,
        BadEncoding. A plain push is signed by ``signature``, an encrypted one by ``msg_signature`` too; what
        should be encrypted but can't be taken apart is judged by the former.
        """
        self._check_fresh(query, now)
        if account.cipher is None:
            _check_signature(account, query, "signature")
            return _read(body, body)
        try:
            encrypted = _encrypted(body)
        except Unreadable:
            _check_signature(account, query, "signature")
            raise
        _check_signature(account, query, "msg_signature", encrypted)
        return _read(account.cipher.decrypt(encrypted), body)

    def open_again(self, account: Account, body: bytes) -> Opened:
        """The push in a ``body`` whose sender was checked when it came. Raises Unreadable and its like."""
        content = body if account.cipher is None else account.cipher.decrypt(_encrypted(body))
        return _read(content, body)

    def echo(self, account: Account, query: Query, now: datetime) -> str:
        """What proves to WeChat that this address is ours. Raises NotFromWeChat, Undecryptable.

        An official account's ``echostr`` comes in the clear also in safe mode; encrypted where
        ``msg_signature`` comes with it.
        """
        self._check_fresh(query, now)
        echo = query.get("echostr", "")
        if "msg_signature" not in query:
            _check_signature(account, query, "signature")
            return echo
        _check_signature(account, query, "msg_signature", echo)
        if account.cipher is None:
            raise Unreadable("这个公众号没有设置 encoding_aes_key。")
        return account.cipher.decrypt(echo).decode(errors="replace")

    def _check_fresh(self, query: Query, now: datetime) -> None:
        if not self._fresh_s:
            return
        timestamp = query.get("timestamp", "")
        is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
        if not is_number or abs(now.timestamp() - int(timestamp)) > self._fresh_s:
            raise NotFromWeChat("时间戳与本机时间相差太远，请核对本机时钟。")


def _check_signature(account: Account, query: Query, name: str, *parts: str) -> None:
    signature, timestamp, nonce = (query.get(each, "") for each in (name, "timestamp", "nonce"))
    is_plain = _PLAIN.fullmatch(nonce) is not None  # it goes into the reply
    if not is_plain or not is_signature_of(signature, account.token, timestamp, nonce, *parts):
        raise NotFromWeChat("签名不正确。")


def _read(content: bytes, body: bytes) -> Opened:
    return Opened(incoming_of(fields_of(content)), is_json(body))


def _encrypted(body: bytes) -> str:
    encrypted = fields_of(body).get("Encrypt", "")
    if not encrypted:
        raise Unreadable("消息没有密文（Encrypt）：这个公众号只接收安全模式的消息。")
    return encrypted
