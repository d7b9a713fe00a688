"""The side of WeChat that pushes: signs, encrypts and decrypts by itself, with none of the code under test."""

from __future__ import annotations

import struct
import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import count
from typing import Any
from xml.etree import ElementTree

import httpx
import orjson

from tests.services.intake.wechat.wechat_servers import WeChatServers
from tests.services.running import Running

CAMPAIGN = "suzhou-2024"
PATH = f"/intake/wechat/{CAMPAIGN}"
APP_ID, APP_SECRET = "wxb11529c136998cb6", "0123456789abcdef0123456789abcdef"
TOKEN, AES_KEY = "pamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT, FOLLOWER = "gh_7f083739789a", "oFollower-1"


def sign(*parts: str) -> str:
    """As the documentation says."""
    return sha1("".join(sorted(parts)).encode()).hexdigest()


def openssl(direction: str, content: bytes, key: str = AES_KEY) -> bytes:
    """AES-256-CBC by another implementation; padding is ours to make."""
    raw = b64decode(key + "=")
    command = ["openssl", "enc", "-aes-256-cbc", direction, "-nopad", "-K", raw.hex(), "-iv", raw[:16].hex()]
    return subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout


def encrypted(message: bytes, *, app_id: str = APP_ID, key: str = AES_KEY) -> str:
    """``message`` as WeChat encrypts it."""
    plain = b"r" * 16 + struct.pack(">I", len(message)) + message + app_id.encode()
    padding = 32 - len(plain) % 32
    return b64encode(openssl("-e", plain + bytes([padding]) * padding, key)).decode()


def decrypted(text: str, key: str = AES_KEY) -> bytes:
    """The message in ``text``."""
    plain = openssl("-d", b64decode(text), key)
    (length,) = struct.unpack(">I", plain[16:20])
    return plain[20 : 20 + length]


def xml_of(fields: dict[str, Any]) -> bytes:
    """A message as XML."""
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def fields_in(xml: bytes) -> dict[str, str]:
    """The elements of a reply."""
    return {element.tag: element.text or "" for element in ElementTree.fromstring(xml)}


def signed(encrypt: str, *, timestamp: str = "1714036504", nonce: str = "1514711492") -> dict[str, str]:
    """The query of an encrypted push."""
    return {
        "signature": sign(TOKEN, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, timestamp, nonce, encrypt),
    }


@dataclass
class Follower:
    """Somebody with a telephone, and the WeChat behind it."""

    service: Running
    servers: WeChatServers
    openid: str = FOLLOWER
    numbers: count[int] = field(default_factory=lambda: count(6054768590064713728))

    def fields(self, kind: str, **changes: Any) -> dict[str, Any]:
        """A message as it would be sent now."""
        now_s = int(self.service.platform.clock().timestamp())
        base = {"ToUserName": ACCOUNT, "FromUserName": self.openid, "CreateTime": now_s, "MsgType": kind}
        id = {} if kind == "event" else {"MsgId": next(self.numbers)}
        return {**base, **id, **changes}

    async def push(self, fields: dict[str, Any]) -> httpx.Response:
        """Push in safe mode."""
        text = encrypted(xml_of(fields))
        body = xml_of({"ToUserName": ACCOUNT, "Encrypt": text})
        timestamp = str(int(self.service.platform.clock().timestamp()))
        return await self.service.client.post(PATH, params=signed(text, timestamp=timestamp), content=body)

    async def told(self, fields: dict[str, Any]) -> str | None:
        """What the follower reads in answer; None: nothing. Checks that the answer is one that WeChat takes."""
        answer = await self.push(fields)
        assert answer.status_code == 200, answer.text
        if answer.content == b"success":
            return None
        envelope = fields_in(answer.content)
        encrypt = envelope["Encrypt"]
        expected = sign(TOKEN, envelope["TimeStamp"], envelope["Nonce"], encrypt)
        assert envelope["MsgSignature"] == expected
        reply = fields_in(decrypted(encrypt))
        assert (reply["ToUserName"], reply["FromUserName"]) == (fields["FromUserName"], ACCOUNT)
        assert reply["MsgType"] == "text"
        assert len(reply["Content"].encode()) <= 2048
        return reply["Content"]

    async def say(self, text: str) -> str | None:
        """Send a text; what is read in answer."""
        return await self.told(self.fields("text", Content=text))

    async def send(self, kind: str, **fields: Any) -> str | None:
        """Send a message of another kind."""
        return await self.told(self.fields(kind, **fields))


def setting(**changes: Any) -> str:
    """The account as the setting has it; None leaves one out."""
    entry = {
        "app_id": APP_ID,
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "app_secret": APP_SECRET,
        "questionnaire_url": "https://www.example.org/q",
        **changes,
    }
    stated = {name: value for name, value in entry.items() if value is not None}
    return orjson.dumps({CAMPAIGN: stated}).decode()
