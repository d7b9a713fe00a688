"""The app's backend: posts of its message board, signed."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from services.demo.client import PatientClient

EXPECTED = frozenset({httpx.codes.CREATED, httpx.codes.OK})


async def send_post(
    client: PatientClient, url: str, key_id: str, secret: str, post: Mapping[str, Any]
) -> list[str]:
    """Send one post; the surprises."""
    body = orjson.dumps(post)

    def signed() -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        lines = ("POST", urlsplit(url).path, timestamp, nonce, sha256(body).hexdigest())
        return {
            "Content-Type": "application/json",
            "X-Dafangtan-Key": key_id,
            "X-Dafangtan-Timestamp": timestamp,
            "X-Dafangtan-Nonce": nonce,
            "X-Dafangtan-Signature": hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex(),
        }

    answer = await client.send("POST", url, content=body, headers=signed)
    if answer.status_code in EXPECTED:
        return []
    return [f"app {post['post_id']}：应为 201，收到 {answer.status_code}：{answer.text[:300]}"]
