"""Sealing what is personal: AES-256-GCM with a data key for each submission, wrapped by the campaign's key.

Destroying the wrapped data key makes everything sealed with it unreadable, wherever copies of it lie (NIST SP
800-88, cryptographic erase). Associated data binds a wrapped key to its submission, and a ciphertext to its
submission and field, so that none can be put in another's place. Nonces are 96 random bits (NIST SP 800-38D,
section 8.2.2): safe for 2^32 submissions a campaign.

A token is base64 of: format byte 1, nonce (12 bytes), ciphertext with tag (16 bytes more than the plaintext). A
wrapped key has format byte 2, and after it the id of the key that wrapped it (4 bytes); with format byte 1, from
before keys were rotated, it may be any of them.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import DafangtanError
from shared.privacy.keys import CampaignKeys

FORMAT = b"\x01"
WRAPPED_FORMAT = b"\x02"
KEY_BYTES = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
HEAD_BYTES = len(FORMAT) + NONCE_BYTES
WRAPPED_HEAD_BYTES = len(WRAPPED_FORMAT) + KEY_ID_BYTES + NONCE_BYTES


class SealBroken(DafangtanError):
    """The ciphertext was changed, or belongs elsewhere, or its key is another one."""


class KeyDestroyed(SealBroken):
    """The key that wrapped it isn't there: destroyed by a rotation, or of another installation."""


class DataKey(msgspec.Struct, frozen=True, gc=False):
    """One submission's key: ``cipher`` to use and forget, ``wrapped`` (base64) to keep."""

    cipher: AESGCM
    wrapped: str


Look = Callable[[], CampaignKeys]
"""Gives the campaign's keys: the same object as long as they are the same."""


@dataclass(frozen=True, slots=True)
class _Ciphers:
    """Made of ``keys``: what wraps now, with what begins each of its wrapped keys; and all by their ids."""

    keys: CampaignKeys
    current: AESGCM
    head: bytes
    by_id: dict[bytes, AESGCM]

    @classmethod
    def of(cls, keys: CampaignKeys) -> _Ciphers:
        by_id = {key_id(key): AESGCM(key) for key in (keys.sealing, *keys.sealing_before)}
        current_id = key_id(keys.sealing)
        return cls(keys, by_id[current_id], WRAPPED_FORMAT + current_id, by_id)


class Sealer:
    """Seals and opens with one campaign's sealing keys, which may be rotated meanwhile.

    ``look`` gives the keys as known a moment ago, ``look_again`` as they are now: whoever reads what another
    process has just wrapped may not have seen its key yet.
    """

    def __init__(self, look: Look, look_again: Look | None = None) -> None:
        self._look = look
        self._look_again = look_again or look
        self._ciphers = _Ciphers.of(look())

    @property
    def current_id(self) -> bytes:
        """The id of the key that wraps now."""
        return self._now(self._look).head[len(WRAPPED_FORMAT) :]

    def new_data_key(self, submission_id: str) -> DataKey:
        """A fresh key for ``submission_id``."""
        raw = os.urandom(KEY_BYTES)
        return DataKey(AESGCM(raw), self._wrap(submission_id, raw))

    def unwrap(self, submission_id: str, wrapped: str) -> DataKey:
        """The data key that was wrapped for ``submission_id``. Raises SealBroken, KeyDestroyed."""
        return DataKey(AESGCM(self._unwrap(submission_id, wrapped)), wrapped)

    def is_current(self, wrapped: str) -> bool:
        """Whether the current key wrapped it."""
        return b64decode(wrapped[:8])[: WRAPPED_HEAD_BYTES - NONCE_BYTES] == self._now(self._look).head

    def wrap_anew(self, submission_id: str, wrapped: str) -> str:
        """The same data key, wrapped by the current key. Raises SealBroken, KeyDestroyed."""
        return self._wrap(submission_id, self._unwrap(submission_id, wrapped))

    def seal(self, data_key: DataKey, submission_id: str, field: str, plaintext: bytes) -> str:
        """``plaintext`` as a token that only opens for the same key, submission and field."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = data_key.cipher.encrypt(nonce, plaintext, _field_context(submission_id, field))
        return b64encode(FORMAT + nonce + sealed).decode()

    def open(self, data_key: DataKey, submission_id: str, field: str, token: str) -> bytes:
        """The plaintext of ``token``. Raises SealBroken."""
        content = _decoded(token, f"密文“{field}”")
        if content[:1] != FORMAT:
            raise SealBroken(f"密文“{field}”的格式未知。")
        return _decrypt(data_key.cipher, content[1:], _field_context(submission_id, field), f"密文“{field}”")

    def _wrap(self, submission_id: str, raw: bytes) -> str:
        ciphers, nonce = self._now(self._look), os.urandom(NONCE_BYTES)
        sealed = ciphers.current.encrypt(nonce, raw, _key_context(submission_id))
        return b64encode(ciphers.head + nonce + sealed).decode()

    def _unwrap(self, submission_id: str, wrapped: str) -> bytes:
        content, context = _decoded(wrapped, "数据密钥"), _key_context(submission_id)
        if content[:1] == WRAPPED_FORMAT:
            id, rest = content[1 : 1 + KEY_ID_BYTES], content[1 + KEY_ID_BYTES :]
            return _decrypt(self._cipher(id), rest, context, "数据密钥")
        if content[:1] != FORMAT:
            raise SealBroken("数据密钥的格式未知。")
        return self._unwrap_of_any(content[1:], context)

    def _unwrap_of_any(self, content: bytes, context: bytes) -> bytes:
        *others, last = self._now(self._look).by_id.values()
        for cipher in others:
            try:
                return _decrypt(cipher, content, context, "数据密钥")
            except SealBroken:
                continue
        return _decrypt(last, content, context, "数据密钥")

    def _cipher(self, id: bytes) -> AESGCM:
        cipher = self._now(self._look).by_id.get(id) or self._now(self._look_again).by_id.get(id)
        if cipher is None:
            raise KeyDestroyed("封住这份内容的密钥已经销毁，内容无法再打开。")
        return cipher

    def _now(self, look: Look) -> _Ciphers:
        keys = look()
        if keys is not self._ciphers.keys:
            self._ciphers = _Ciphers.of(keys)
        return self._ciphers


def key_id(key: bytes) -> bytes:
    """Tells a sealing key from others, and nothing else about it."""
    return sha256(b"dafangtan/key-id\0" + key).digest()[:KEY_ID_BYTES]


def _key_context(submission_id: str) -> bytes:
    return b"dafangtan/key\0" + submission_id.encode()


def _field_context(submission_id: str, field: str) -> bytes:
    """Says how long the id is, so that no other id and field run together to the same bytes."""
    id = submission_id.encode()
    return b"dafangtan/field\0" + len(id).to_bytes(4, "big") + id + field.encode()


def _decoded(token: str, what: str) -> bytes:
    try:
        return b64decode(token, validate=True)
    except ValueError as error:
        raise SealBroken(f"{what}已损坏。") from error


def _decrypt(cipher: AESGCM, content: bytes, context: bytes, what: str) -> bytes:
    """``content`` is nonce and ciphertext."""
    try:
        return cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"{what}已损坏，或不属于这份提交。") from error
