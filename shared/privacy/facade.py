"""One campaign's means against being recognised, made once and used for every submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from shared.privacy.keys import KeyRing
from shared.privacy.pseudonyms import Pseudonyms
from shared.privacy.receipts import receipt_code, withdrawal_code
from shared.privacy.sealing import Sealer


class LiveKeys(Protocol):
    """The keys of a file that may be replaced while this runs."""

    def content(self) -> KeyRing:
        """As known a moment ago; the same object as long as nothing changed."""

    def fresh(self) -> KeyRing:
        """As the file is now."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What intake needs to take a submission in."""

    sealer: Sealer
    pseudonyms: Pseudonyms
    _receipt_key: bytes = field(repr=False)

    @classmethod
    def for_campaign(cls, keyring: KeyRing, campaign_id: str) -> Privacy:
        """With the keys of ``campaign_id``, as they are. Raises NotFound when it has none."""
        keys = keyring.campaign(campaign_id)
        return cls(Sealer(lambda: keys), Pseudonyms(keys.pseudonyms), keys.receipts)

    @classmethod
    def live(cls, live: LiveKeys, campaign_id: str) -> Privacy:
        """Likewise, with a sealing key that may be rotated meanwhile. The other keys stay for the campaign."""
        keys = live.content().campaign(campaign_id)
        sealer = Sealer(
            lambda: live.content().campaign(campaign_id), lambda: live.fresh().campaign(campaign_id)
        )
        return cls(sealer, Pseudonyms(keys.pseudonyms), keys.receipts)

    def receipt(self, submission_id: str) -> str:
        """The receipt code of ``submission_id``: ``XXXX-XXXX-XXXX-XXXX``."""
        return receipt_code(self._receipt_key, submission_id)

    def withdrawal_code(self, submission_id: str) -> str:
        """What proves that who withdraws ``submission_id`` is who gave it: ``XXXX-XXXX``."""
        return withdrawal_code(self._receipt_key, submission_id)
