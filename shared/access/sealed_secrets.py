"""Secrets that a file keeps sealed: under a key derived from the campaign's, bound to what they belong to.

The campaign's key that they derive from is never renewed, so that renewing the sealing key changes nothing here.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.privacy.keys import CampaignKeys

NONCE_BYTES = 12


def derived_key(keys: CampaignKeys, purpose: str) -> bytes:
    """A key of its own (32 bytes) for ``purpose``."""
    return hmac.digest(keys.receipts, b"dafangtan/" + purpose.encode(), "sha256")


def seal_secret(key: bytes, context: bytes, secret: bytes) -> str:
    """``secret`` under AES-256-GCM, in base64; it opens with the same ``key`` and ``context`` only."""
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, secret, context)).decode()


def open_secret(key: bytes, context: bytes, sealed: str) -> bytes:
    """What was sealed. Raises ValueError when it was with another key or context, or has been changed."""
    content = b64decode(sealed, validate=True)
    try:
        return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], context)
    except InvalidTag as error:
        raise ValueError("sealed with another key or for another context") from error
