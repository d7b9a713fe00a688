"""The signature of a request, the same in both directions. Pure.

HMAC-SHA-256 (RFC 2104) over five lines, joined by line feeds: the method, the target as it stands in the request
line (path and query), the Unix time in seconds, the nonce, and the SHA-256 of the body in hexadecimal. The key is
the secret's text; the signature is written in hexadecimal.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from shared.errors import NotAuthenticated

KEY_HEADER = "X-Dafangtan-Key"
TIMESTAMP_HEADER = "X-Dafangtan-Timestamp"
NONCE_HEADER = "X-Dafangtan-Nonce"
SIGNATURE_HEADER = "X-Dafangtan-Signature"
WINDOW_S = 300
"""How far the sender's clock may be from ours, either way."""

_HEADERS: Mapping[str, tuple[re.Pattern[str], str]] = {
    KEY_HEADER: (re.compile(r"[0-9a-f]{8}\Z"), "密钥编号（8 位）"),
    TIMESTAMP_HEADER: (re.compile(r"[0-9]{1,11}\Z"), "Unix 时间（秒）"),
    NONCE_HEADER: (
        re.compile(r"[A-Za-z0-9_-]{16,64}\Z"),
        "每次不同的随机串（16 至 64 位字母、数字、“_”或“-”）",
    ),
    SIGNATURE_HEADER: (re.compile(r"[0-9a-f]{64}\Z"), "HMAC-SHA256 签名（64 位小写十六进制）"),
}


class Message(NamedTuple):
    """What is signed of a request; ``target`` is path and query as sent."""

    method: str
    target: str
    body: bytes


class Claim(NamedTuple):
    """What the headers of a request claim; nothing of it is believed yet."""

    key_id: str
    timestamp_s: int
    nonce: str
    signature: str


def claim_of(headers: Mapping[str, str]) -> Claim:
    """The claim in ``headers``, whose names are in lower case. Raises NotAuthenticated, naming what is wrong."""
    values = {name: headers.get(name.lower(), "") for name in _HEADERS}
    wrong = [name for name, (pattern, _) in _HEADERS.items() if not pattern.match(values[name])]
    if wrong:
        needed = "；".join(f"{name}：{_HEADERS[name][1]}" for name in wrong)
        raise NotAuthenticated(
            f"请求须带签名，以下请求头缺少或格式不对：{needed}。", code="bad-signature-headers"
        )
    timestamp_s = int(values[TIMESTAMP_HEADER])
    return Claim(values[KEY_HEADER], timestamp_s, values[NONCE_HEADER], values[SIGNATURE_HEADER])


def signature_of(secret: bytes, message: Message, timestamp_s: int, nonce: str) -> str:
    """The signature of ``message`` sent at that time with that nonce."""
    lines = (message.method, message.target, str(timestamp_s), nonce, sha256(message.body).hexdigest())
    return hmac.digest(secret, "\n".join(lines).encode(), "sha256").hex()


def is_signed_by(secret: bytes, message: Message, claim: Claim) -> bool:
    """Whether the claim's signature was made with ``secret``."""
    expected = signature_of(secret, message, claim.timestamp_s, claim.nonce)
    return hmac.compare_digest(expected, claim.signature)


def signed_headers(
    key_id: str, secrets: Sequence[bytes], message: Message, *, timestamp_s: int, nonce: str
) -> dict[str, str]:
    """The headers that sign ``message`` with each of ``secrets``: while a key is being renewed, two are good,
    and who receives it needs only one of them to match."""
    signatures = [signature_of(secret, message, timestamp_s, nonce) for secret in secrets]
    return {
        KEY_HEADER: key_id,
        TIMESTAMP_HEADER: str(timestamp_s),
        NONCE_HEADER: nonce,
        SIGNATURE_HEADER: ",".join(signatures),
    }
