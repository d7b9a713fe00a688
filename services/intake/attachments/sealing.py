"""Sealing a file as it streams: records that open only in their own order, to the end, in their own file.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance, CRYPTO 2015): each record is sealed on its own with AES-256-GCM, bound to its
number and to whether it is the last, so that records can't be left out, exchanged or cut off unnoticed. What the
paper has in the nonce is here in the associated data, and the nonce is random: a record that a crash tore off is
written again, perhaps with other content, and must not meet its old nonce. The key is one file's alone.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.privacy import SealBroken

NONCE_BYTES = 12
TAG_BYTES = 16
CHUNK_BYTES = 65_536
"""The most plaintext in a record."""
HEAD = struct.Struct(">IB")
"""Of a record: the length of what follows (nonce, ciphertext, tag), and whether it is the last."""
LONGEST_BODY_BYTES = NONCE_BYTES + CHUNK_BYTES + TAG_BYTES


class Record(NamedTuple):
    """A record's plaintext, and whether it is the last of its file."""

    content: bytes
    is_last: bool


class RecordSealer:
    """Seals and opens the records of one file with its key (32 bytes)."""

    def __init__(self, key: bytes, holder_id: str, file_id: str) -> None:
        self._cipher = AESGCM(key)
        holder = holder_id.encode()
        self._context = b"dafangtan/attachment\0" + len(holder).to_bytes(4, "big") + holder + file_id.encode()

    def seal(self, number: int, content: bytes, *, is_last: bool) -> bytes:
        """Record ``number`` (from 0) with its head."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, content, self._bound_to(number, is_last=is_last))
        return HEAD.pack(NONCE_BYTES + len(sealed), is_last) + nonce + sealed

    def open(self, number: int, body: bytes, *, is_last: bool) -> Record:
        """The record whose head said ``is_last``. Raises SealBroken."""
        bound_to = self._bound_to(number, is_last=is_last)
        try:
            return Record(self._cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound_to), is_last)
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"附件在第 {number + 1} 段处已损坏，或不属于这份提交。") from error

    def _bound_to(self, number: int, *, is_last: bool) -> bytes:
        return self._context + b"\0" + number.to_bytes(8, "big") + bytes([is_last])
