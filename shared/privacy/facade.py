"""One campaign's means against being recognised, made once and used for every submission."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.privacy.keys import KeyRing
from shared.privacy.pseudonyms import Pseudonyms
from shared.privacy.receipts import receipt_code
from shared.privacy.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Privacy:
    """What intake needs to take a submission in."""

    sealer: Sealer
    pseudonyms: Pseudonyms
    _receipt_key: bytes = field(repr=False)

    @classmethod
    def for_campaign(cls, keyring: KeyRing, campaign_id: str) -> Privacy:
        """With the keys of ``campaign_id``. Raises NotFound when it has none."""
        keys = keyring.campaign(campaign_id)
        return cls(Sealer(keys.sealing), Pseudonyms(keys.pseudonyms), keys.receipts)

    def receipt(self, submission_id: str) -> str:
        """The receipt code of ``submission_id``: ``XXXX-XXXX-XXXX-XXXX``."""
        return receipt_code(self._receipt_key, submission_id)
