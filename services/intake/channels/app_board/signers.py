"""The signing keys of the app's backends, as the file has them now, with their secrets opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.intake.channels.app_board.model import CHANNEL
from shared.access.signing_keys import SigningKey, read_signing_keys
from shared.access.watching import Watched, entry_of
from shared.errors import NotFound
from shared.logging import get_logger
from shared.privacy import KeyRing, KeysUnusable

_log = get_logger("intake.app_board")


class Signers:
    """Who may sign, of a file that may change while this runs."""

    def __init__(self, path: Path, keyring: KeyRing) -> None:
        self._keys = Watched(path, read_signing_keys)
        self._keyring = keyring

    def get(self, id: str) -> SigningKey | None:
        """The key of the app called ``id`` that isn't revoked."""
        key = entry_of(self._keys, id)
        return key if key is not None and _is_in_use(key) else None

    def with_webhook(self) -> list[SigningKey]:
        """Those that replies are delivered to."""
        return [key for key in self._keys.content().values() if key.webhook_url and _is_in_use(key)]

    def secrets_of(self, key: SigningKey, now: datetime) -> Sequence[bytes]:
        """The secrets that are good now; none where the campaign's key can't open them: the log tells why."""
        try:
            return key.good_secrets(self._keyring.campaign(key.campaign), now)
        except (KeysUnusable, NotFound) as error:
            _log.error("signing-key-unusable", key=key.id, error=str(error))
            return ()


def _is_in_use(key: SigningKey) -> bool:
    return key.revoked_at is None and key.channel == CHANNEL
