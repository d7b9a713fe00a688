"""Personal data: sealed, replaced by pseudonyms, or taken out of text."""

from shared.privacy.facade import Privacy
from shared.privacy.keys import CampaignKeys, KeyRing, KeysUnusable, create_keys
from shared.privacy.pseudonyms import Pseudonyms
from shared.privacy.receipts import normalise_receipt, receipt_code
from shared.privacy.redaction import redact
from shared.privacy.sealing import DataKey, SealBroken, Sealer

__all__ = [
    "CampaignKeys",
    "DataKey",
    "KeyRing",
    "KeysUnusable",
    "Privacy",
    "Pseudonyms",
    "SealBroken",
    "Sealer",
    "create_keys",
    "normalise_receipt",
    "receipt_code",
    "redact",
]
