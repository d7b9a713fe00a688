"""An issuer's public keys (JSON Web Key Set, RFC 7517), kept fresh."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from shared.errors import RetryLater
from shared.logging import get_logger

RETRY_S = 60.0
"""How often at most the issuer is asked because of a key id that isn't known: anybody can make one up."""
FRESH_S = 3600.0
"""After this a key that the issuer has withdrawn is trusted no longer, unless the issuer is away."""
FETCH_TIMEOUT_S = 5.0
KEY_TYPES = frozenset({"OKP", "EC", "RSA"})

_log = get_logger("access.jwks")


class IssuerKeys:
    """The keys at ``url``: ``file:PATH`` or ``https://…``."""

    def __init__(self, url: str, *, clock: Callable[[], float]) -> None:
        if not url.startswith(("file:", "https://")):
            raise ValueError(
                f"公钥地址应为 file:PATH 或 https://…，而不是“{url}”（DAFANGTAN_OIDC_KEYS_URL）。"
            )
        self._url = url
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at_s: float | None = None
        self._tried_at_s: float | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, key_id: str) -> Key | None:
        """The key called ``key_id``; None when the issuer has no such key.

        Raises RetryLater when no keys could be had yet.
        """
        if key_id not in self._keys or self._is_older_than(self._fetched_at_s, FRESH_S):
            await self._refresh()
        if self._fetched_at_s is None:
            raise RetryLater("暂时无法取得身份签发方的公钥，请稍后再试。", after_s=5.0)
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        async with self._one_at_a_time:
            if not self._is_older_than(self._tried_at_s, RETRY_S if self._fetched_at_s is not None else 1.0):
                return
            self._tried_at_s = self._clock()
            try:
                self._keys = _parse(await self._fetch())
            except (OSError, ValueError) as error:
                _log.warning("issuer-keys-unavailable", url=self._url, error=repr(error))
            else:
                self._fetched_at_s = self._clock()

    def _is_older_than(self, moment_s: float | None, age_s: float) -> bool:
        return moment_s is None or self._clock() - moment_s >= age_s

    async def _fetch(self) -> bytes:
        if self._url.startswith("file:"):
            return await asyncio.to_thread(Path(self._url.removeprefix("file:")).read_bytes)
        return await _download(self._url)


async def _download(url: str) -> bytes:
    """The content at ``url``. Raises OSError."""
    import httpx  # takes 0.1 s, and only deployments with an issuer elsewhere need it

    try:
        async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_S) as client:
            response = await client.get(url)
            return response.raise_for_status().content
    except httpx.HTTPError as error:
        raise OSError(f"{url}: {error!r}") from error


def _parse(content: bytes) -> dict[str, Key]:
    """The asymmetric keys that have an id; others can't verify anything here. Raises ValueError."""
    document = orjson.loads(content)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no list of keys")
    keys = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") not in KEY_TYPES or not entry.get("kid"):
            continue
        try:
            keys[str(entry["kid"])] = JWKRegistry.import_key(entry)
        except (JoseError, ValueError) as error:
            _log.warning("issuer-key-unusable", key_id=entry["kid"], error=repr(error))
    return keys
