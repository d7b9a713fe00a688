"""Sealing what is personal: AES-256-GCM with a data key for each submission, wrapped by the campaign's key.

Destroying the wrapped data key makes everything sealed with it unreadable, wherever copies of it lie (NIST SP
800-88, cryptographic erase). Associated data binds a wrapped key to its submission, and a ciphertext to its
submission and field, so that none can be put in another's place. Nonces are 96 random bits (NIST SP 800-38D,
section 8.2.2): safe for 2^32 submissions a campaign.

A token is base64 of: format byte 1, nonce (12 bytes), ciphertext with tag (16 bytes more than the plaintext).
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import DafangtanError

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
HEAD_BYTES = len(FORMAT) + NONCE_BYTES


class SealBroken(DafangtanError):
    """The ciphertext was changed, or belongs elsewhere, or its key is another one."""


class DataKey(msgspec.Struct, frozen=True, gc=False):
    """One submission's key: ``cipher`` to use and forget, ``wrapped`` (base64) to keep."""

    cipher: AESGCM
    wrapped: str


class Sealer:
    """Seals and opens with one campaign's sealing key (32 bytes)."""

    def __init__(self, campaign_key: bytes) -> None:
        self._campaign_cipher = AESGCM(campaign_key)

    def new_data_key(self, submission_id: str) -> DataKey:
        """A fresh key for ``submission_id``."""
        random = os.urandom(KEY_BYTES + NONCE_BYTES)
        raw, nonce = random[:KEY_BYTES], random[KEY_BYTES:]
        wrapped = FORMAT + nonce + self._campaign_cipher.encrypt(nonce, raw, _key_context(submission_id))
        return DataKey(AESGCM(raw), b64encode(wrapped).decode())

    def unwrap(self, submission_id: str, wrapped: str) -> DataKey:
        """The data key that was wrapped for ``submission_id``. Raises SealBroken."""
        raw = _decrypt(self._campaign_cipher, wrapped, _key_context(submission_id), "数据密钥")
        return DataKey(AESGCM(raw), wrapped)

    def seal(self, data_key: DataKey, submission_id: str, field: str, plaintext: bytes) -> str:
        """``plaintext`` as a token that only opens for the same key, submission and field."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = data_key.cipher.encrypt(nonce, plaintext, _field_context(submission_id, field))
        return b64encode(FORMAT + nonce + sealed).decode()

    def open(self, data_key: DataKey, submission_id: str, field: str, token: str) -> bytes:
        """The plaintext of ``token``. Raises SealBroken."""
        return _decrypt(data_key.cipher, token, _field_context(submission_id, field), f"密文“{field}”")


def _key_context(submission_id: str) -> bytes:
    return b"dafangtan/key\0" + submission_id.encode()


def _field_context(submission_id: str, field: str) -> bytes:
    """Says how long the id is, so that no other id and field run together to the same bytes."""
    id = submission_id.encode()
    return b"dafangtan/field\0" + len(id).to_bytes(4, "big") + id + field.encode()


def _decrypt(cipher: AESGCM, token: str, context: bytes, what: str) -> bytes:
    try:
        content = b64decode(token, validate=True)
        if content[:1] != FORMAT:
            raise SealBroken(f"{what}的格式未知。")
        return cipher.decrypt(content[1:HEAD_BYTES], content[HEAD_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"{what}已损坏，或不属于这份提交。") from error
