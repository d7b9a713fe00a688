"""WeChat's servers, pushing what followers write to the official account, in safe mode."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import httpx

from services.demo.client import PatientClient
from services.demo.talks import Follower

ACCOUNT = "gh_demo00000001"


@dataclass(frozen=True)
class Account:
    """The account's side of the secrets: ``encrypt`` and ``decrypt`` its messages, ``sign`` joined parts."""

    token: str
    encrypt: Callable[[bytes], str]
    decrypt: Callable[[str], bytes]
    sign: Callable[..., str]


class Pusher:
    """Pushes for one account. ``surprises`` lists every answer that wasn't expected."""

    def __init__(self, client: PatientClient, url: str, account: Account) -> None:
        self.surprises: list[str] = []
        self._client = client
        self._url = url
        self._account = account

    async def push_all(self, follower: Follower) -> None:
        """Subscribe, agree (or not), write; the last message comes twice, as when an answer got lost."""
        begins_s = follower.writes[0][0]
        await self._push(follower, begins_s - 40, {"MsgType": "event", "Event": "subscribe"}, "")
        if follower.has_agreed:
            await self._write(follower, begins_s - 20, "同意", "谢谢")
        for at_s, text in (*follower.writes, follower.writes[-1]):
            await self._write(follower, at_s, text, "回执" if follower.has_agreed else "同意")

    async def _write(self, follower: Follower, at_s: int, text: str, expected: str) -> None:
        fields = {"MsgType": "text", "Content": text, "MsgId": str(at_s)}
        await self._push(follower, at_s, fields, expected)

    async def _push(self, follower: Follower, at_s: int, fields: Mapping[str, str], expected: str) -> None:
        told = {"ToUserName": ACCOUNT, "FromUserName": follower.openid, "CreateTime": str(at_s), **fields}
        encrypted = self._account.encrypt(_xml(told))
        body = _xml({"ToUserName": ACCOUNT, "Encrypt": encrypted})
        answer = await self._client.send("POST", f"{self._url}?{self._query(encrypted)}", content=body)
        said = self._said(answer)
        if expected not in said:
            self.surprises.append(f"wechat {follower.openid}：应答中应有“{expected}”，收到 {said[:300]}")

    def _query(self, encrypted: str) -> str:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
        token, sign = self._account.token, self._account.sign
        return urlencode(
            {
                "signature": sign(token, timestamp, nonce),
                "timestamp": timestamp,
                "nonce": nonce,
                "encrypt_type": "aes",
                "msg_signature": sign(token, timestamp, nonce, encrypted),
            }
        )

    def _said(self, answer: httpx.Response) -> str:
        """What the follower reads."""
        _, begins, rest = answer.text.partition("<Encrypt><![CDATA[")
        if answer.status_code != httpx.codes.OK or not begins:
            return f"{answer.status_code} {answer.text}"
        return self._account.decrypt(rest.partition("]]>")[0]).decode()


def _xml(fields: Mapping[str, str]) -> bytes:
    return (
        f"<xml>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in fields.items())}</xml>".encode()
    )
