"""Personal data: sealed, replaced by pseudonyms, or taken out of text."""

from shared.privacy.facade import Privacy
from shared.privacy.keys import CampaignKeys, KeyRing, KeysUnusable, create_keys
from shared.privacy.pseudonyms import Pseudonyms
from shared.privacy.receipts import (
    normalise_receipt,
    normalise_withdrawal_code,
    receipt_code,
    withdrawal_code,
)
from shared.privacy.redaction import redact
from shared.privacy.resident_ids import born_on, is_resident_id
from shared.privacy.rotation import begin_rotation, finish_rotation
from shared.privacy.sealing import DataKey, KeyDestroyed, SealBroken, Sealer, key_id

__all__ = [
    "CampaignKeys",
    "DataKey",
    "KeyDestroyed",
    "KeyRing",
    "KeysUnusable",
    "Privacy",
    "Pseudonyms",
    "SealBroken",
    "Sealer",
    "begin_rotation",
    "born_on",
    "create_keys",
    "finish_rotation",
    "is_resident_id",
    "key_id",
    "normalise_receipt",
    "normalise_withdrawal_code",
    "receipt_code",
    "redact",
    "withdrawal_code",
]
