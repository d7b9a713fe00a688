"""The app's backend in tests: signs what it sends, from the documentation of the signature alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from shared.access.signing_keys import add_signing_key
from shared.privacy import KeyRing
from tests.services.running import Running

CAMPAIGN = "suzhou-2024"
POSTS = f"/intake/v1/app/{CAMPAIGN}/posts"
REPLIES = f"/intake/v1/app/{CAMPAIGN}/replies"
POST: dict[str, Any] = {
    "post_id": "p-1001",
    "app_user": "sgh-8842-0071",
    "text": "宿舍楼没有热水，已经反映过两次。",
    "posted_at": "2024-05-20T09:30:00+08:00",
    "consent": {"version": "2024-05", "given_at": "2024-05-20T09:29:00+08:00"},
    "contact": {"name": "沈晓燕", "phone": "13912345678"},
}


def post(**changes: Any) -> bytes:
    """The body of a good post, but for ``changes``; a field changed to None is left out."""
    fields = {**POST, **changes}
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})


@dataclass
class Backend:
    """One of the app's backends, with its key."""

    service: Running
    key_id: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    async def send(
        self, method: str, target: str, body: bytes = b"", *, signed: bytes | None = None, **headers: str
    ) -> httpx.Response:
        """Send ``body``, signed now; ``signed`` is what the signature is made of where that is another one."""
        made = self.sign(method, target, body if signed is None else signed)
        return await self.service.client.request(method, target, content=body, headers={**made, **headers})

    def sign(self, method: str, target: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
        """The four headers."""
        timestamp = str(int(self.service.platform.clock().timestamp()) if at is None else at)
        nonce = secrets.token_hex(16)
        text = "\n".join([method, target, timestamp, nonce, hashlib.sha256(body).hexdigest()])
        return {
            "x-dafangtan-key": self.key_id,
            "x-dafangtan-timestamp": timestamp,
            "x-dafangtan-nonce": nonce,
            "x-dafangtan-signature": hmac.new(
                self.secret.encode(), text.encode(), hashlib.sha256
            ).hexdigest(),
        }


def backend(service: Running, *, webhook_url: str | None = None) -> Backend:
    """A backend with a key of its own."""
    settings = service.platform.settings
    secret, key = add_signing_key(
        settings.signing_keys_file,
        KeyRing.load(settings.keys_file).campaign(CAMPAIGN),
        channel="app",
        campaign=CAMPAIGN,
        webhook_url=webhook_url,
        now=service.platform.clock(),
    )
    return Backend(service, key.id, secret)


def everything_on_disk(folder: Path) -> bytes:
    """Every file under ``folder``, one after the other."""
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
