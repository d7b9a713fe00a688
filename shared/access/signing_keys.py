"""Keys of backends that sign what they send (HMAC): the secret itself is kept, sealed.

A channel key is kept as a digest alone. A signature can't be checked by a digest: whoever checks it needs the
secret, and signs with it what goes the other way. So the secret is kept sealed (AES-256-GCM, bound to the key's
id) under a key derived from the campaign's: the file alone lets nobody sign.

Renewing a key adds a secret; the one before it stays good for a while, so that the backend has time to change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.access.credentials_file import CredentialsFile
from shared.access.principals import Principal, channel_principal
from shared.access.sealed_secrets import derived_key, open_secret, seal_secret
from shared.errors import Invalid, NotFound
from shared.events import rfc3339
from shared.privacy.keys import CampaignKeys, KeysUnusable

PREFIX = "dfts_"
SECRET_BYTES = 32
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret under its seal. ``good_until`` (RFC 3339) is None for the one that stands."""

    sealed: str
    good_until: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What is kept of a key; ``secrets`` the newest first, times RFC 3339.

    ``webhook_url``: where replies are delivered to; None where the backend asks for them.
    """

    id: str
    channel: str
    campaign: str
    secrets: tuple[SealedSecret, ...]
    created_at: str
    webhook_url: str | None = None
    revoked_at: str | None = None

    @property
    def principal(self) -> Principal:
        """Who signs with this key."""
        return channel_principal(self.id, self.channel, (self.campaign,))

    def good_secrets(self, keys: CampaignKeys, now: datetime) -> list[bytes]:
        """Every secret that is good at ``now``, the newest first. Raises KeysUnusable."""
        moment = rfc3339(now)
        return [
            _open(keys, self.id, each.sealed)
            for each in self.secrets
            if each.good_until is None or moment < each.good_until
        ]


def add_signing_key(
    path: Path, keys: CampaignKeys, *, channel: str, campaign: str, webhook_url: str | None, now: datetime
) -> tuple[str, SigningKey]:
    """Make a key and keep it in the file at ``path``; its secret, which nobody will see again.

    Raises Invalid for a webhook that isn't https (or on this machine).
    """
    id, secret = secrets.token_hex(4), _new_secret()
    sealed = (SealedSecret(_seal(keys, id, secret)),)
    key = SigningKey(id, channel, campaign, sealed, rfc3339(now), _checked_url(webhook_url))
    return secret, _FILE.add(path, lambda _: key)


def renew_signing_key(
    path: Path, id: str, keys_of: Callable[[str], CampaignKeys], *, old_good_until: datetime
) -> tuple[str, SigningKey]:
    """A new secret for the key called ``id``; the one that stood is good until ``old_good_until``.

    Raises NotFound, also for a key that is revoked.
    """
    secret = _new_secret()

    def renewed(key: SigningKey) -> SigningKey:
        newest = SealedSecret(_seal(keys_of(key.campaign), id, secret))
        before = replace(key.secrets[0], good_until=rfc3339(old_good_until))
        return replace(key, secrets=(newest, before))

    return secret, _change(path, id, renewed)


def set_webhook(path: Path, id: str, webhook_url: str | None) -> SigningKey:
    """Deliver replies to ``webhook_url`` from now on, or nowhere. Raises NotFound, Invalid."""
    url = _checked_url(webhook_url)
    return _change(path, id, lambda key: replace(key, webhook_url=url))


def revoke_signing_key(path: Path, id: str, *, now: datetime) -> SigningKey:
    """Refuse the key called ``id`` from now on, and forget its secrets. Raises NotFound."""
    return _change(path, id, lambda key: replace(key, secrets=(), revoked_at=rfc3339(now)))


def read_signing_keys(path: Path) -> dict[str, SigningKey]:
    """All keys by id; none when there is no file. Raises KeysUnusable when it is malformed."""
    return _FILE.read(path)


def _change(path: Path, id: str, change: Callable[[SigningKey], SigningKey]) -> SigningKey:
    def changed(key: SigningKey) -> SigningKey:
        if key.revoked_at is not None:
            raise _unknown(id)
        return change(key)

    return _FILE.change(path, id, changed)


def _checked_url(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    if not is_safe or not parts.hostname or parts.username or parts.fragment:
        raise Invalid("回调地址应为 https://主机/路径，不带用户名和“#”（只有本机可以用 http）。")
    return url


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def _seal(keys: CampaignKeys, id: str, secret: str) -> str:
    return seal_secret(_sealing_key(keys), id.encode(), secret.encode())


def _open(keys: CampaignKeys, id: str, sealed: str) -> bytes:
    try:
        return open_secret(_sealing_key(keys), id.encode(), sealed)
    except ValueError as error:
        raise KeysUnusable(f"签名密钥 {id} 不是用本活动的密钥密封的；请重新生成。") from error


def _sealing_key(keys: CampaignKeys) -> bytes:
    return derived_key(keys, "signing-keys")


def _key_of(entry: Mapping[str, Any]) -> SigningKey:
    sealed = entry["secrets"]
    if not isinstance(sealed, list):
        raise TypeError("secrets")
    return SigningKey(**{**entry, "secrets": tuple(SealedSecret(**each) for each in sealed)})


def _unknown(id: str) -> NotFound:
    return NotFound(f"没有编号为“{id}”的在用签名密钥。", code="unknown-signing-key")


_FILE = CredentialsFile[SigningKey]("签名密钥", "keys", lambda key: key.id, _key_of, _unknown)
