"""Keys of channel frontends: long random texts of which only a digest is kept.

``dftk_<id>_<secret>``: the id is public and names the key in lists and audit entries, the secret is 32 random
bytes. A digest without salt or stretching is right for a secret that can't be guessed.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from shared.access.credentials_file import CredentialsFile
from shared.access.principals import ALL_CAMPAIGNS, Principal, channel_principal
from shared.access.watching import Watched, entry_of
from shared.errors import NotFound
from shared.events import rfc3339

PREFIX = "dftk_"
SECRET_BYTES = 32
NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """What is kept of a key. ``campaigns`` are ids, or ``("*",)`` for all; times are RFC 3339."""

    id: str
    channel: str
    campaigns: tuple[str, ...]
    sha256: str
    created_at: str
    revoked_at: str | None = None

    def principal(self) -> Principal:
        """Who posts with this key."""
        return channel_principal(self.id, self.channel, self.campaigns)


def new_channel_key(
    channel: str, campaigns: Sequence[str] = (ALL_CAMPAIGNS,), *, now: datetime
) -> tuple[str, ChannelKey]:
    """A fresh key: its text, which nobody will see again, and what is kept of it."""
    id = secrets.token_hex(4)
    text = f"{PREFIX}{id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return text, ChannelKey(id, channel, tuple(campaigns), _digest(text), rfc3339(now))


def add_channel_key(
    path: Path, channel: str, campaigns: Sequence[str] = (ALL_CAMPAIGNS,), *, now: datetime
) -> tuple[str, ChannelKey]:
    """Make a key and keep it in the file at ``path``, which is made if it isn't there."""
    text, key = new_channel_key(channel, campaigns, now=now)
    return text, _FILE.add(path, lambda _: key)


def revoke_channel_key(path: Path, id: str, *, now: datetime) -> ChannelKey:
    """Refuse the key called ``id`` from now on; a key that is revoked stays so. Raises NotFound."""
    return _FILE.revoke(path, id, now=now)


def read_channel_keys(path: Path) -> dict[str, ChannelKey]:
    """All keys by id; none when there is no file. Raises KeysUnusable when it is malformed."""
    return _FILE.read(path)


class ChannelKeys:
    """The keys of a file that may change while this runs."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = Watched(path, _not_revoked, clock=clock)

    def authenticate(self, text: str) -> Principal | None:
        """Who posts with the key ``text``; None when it is unknown or revoked."""
        id = text.removeprefix(PREFIX).partition("_")[0]
        digest, principal = entry_of(self._keys, id) or (NO_DIGEST, None)
        return principal if hmac.compare_digest(digest, _digest(text)) else None


def _not_revoked(path: Path) -> dict[str, tuple[str, Principal]]:
    return {key.id: (key.sha256, key.principal()) for key in _FILE.read_good(path).values()}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _key_of(entry: Mapping[str, Any]) -> ChannelKey:
    return ChannelKey(**{**entry, "campaigns": tuple(entry["campaigns"])})


def _unknown(id: str) -> NotFound:
    return NotFound(f"没有编号为“{id}”的渠道密钥。", code="unknown-channel-key")


_FILE = CredentialsFile[ChannelKey]("渠道密钥", "keys", lambda key: key.id, _key_of, _unknown)
