"""The passive reply: what the follower reads in answer to a push. Pure but for the cipher's fresh random bytes.

Rules: WeChat official documentation, 被动回复用户消息, 消息加解密说明.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

import orjson

from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.crypto import signature_of
from services.intake.channels.wechat.envelope import Opened

SUCCESS = b"success"
"""Says that the push was taken, and that there is nothing to reply."""
TEXT_LIMIT_BYTES = 2000
"""WeChat cuts a reply's text at 2048 bytes."""


def reply_to(account: Account, opened: Opened, text: str | None, nonce: str) -> bytes:
    """The body of the answer: ``text`` to the sender, in the form and mode of the push; or ``SUCCESS``.

    Its time is the push's own, so that a repeat gets the same answer to the letter.
    """
    if text is None:
        return SUCCESS
    incoming = opened.incoming
    message: dict[str, str | int] = {
        "ToUserName": incoming.sender,
        "FromUserName": incoming.account,
        "CreateTime": incoming.created_s,
        "MsgType": "text",
        "Content": shortened(text),
    }
    content = _written(message, as_json=opened.is_json)
    if account.cipher is None:
        return content
    encrypted = account.cipher.encrypt(content)
    signature = signature_of(account.token, str(incoming.created_s), nonce, encrypted)
    envelope: dict[str, str | int] = {
        "Encrypt": encrypted,
        "MsgSignature": signature,
        "TimeStamp": incoming.created_s,
        "Nonce": nonce,
    }
    return _written(envelope, as_json=opened.is_json)


def shortened(text: str, limit_bytes: int = TEXT_LIMIT_BYTES) -> str:
    """``text`` in ``limit_bytes`` of UTF-8; an ellipsis says that there was more."""
    content = text.encode()
    if len(content) <= limit_bytes:
        return text
    return content[: limit_bytes - 3].decode(errors="ignore") + "…"


def _written(fields: Mapping[str, str | int], *, as_json: bool) -> bytes:
    if as_json:
        return orjson.dumps(fields)
    elements = (f"<{name}>{_xml(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{''.join(elements)}</xml>".encode()


def _xml(value: str | int) -> str:
    """Texts as CDATA, as WeChat's own examples have them."""
    if isinstance(value, int):
        return str(value)
    return escape(value) if "]]>" in value else f"<![CDATA[{value}]]>"
