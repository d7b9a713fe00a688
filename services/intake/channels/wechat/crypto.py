"""WeChat's signatures and message encryption.

Rules: WeChat official documentation, 消息推送服务器配置 and 消息加解密说明. A signature is the hexadecimal SHA-1 of
the sorted parts, joined. A message is encrypted with AES-256-CBC; the key is the EncodingAESKey read as base64,
the initialisation vector its first 16 bytes. The plaintext is 16 random bytes, the length of the message (4
bytes, big-endian), the message, and the app id, padded as by PKCS#7 to a multiple of 32.
"""

from __future__ import annotations

import binascii
import hmac
import os
from base64 import b64decode, b64encode
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.intake.channels.wechat.errors import AccountUnusable, Undecryptable

KEY_CHARS = 43
KEY_BYTES = 32
VECTOR_BYTES = 16
BLOCK_BYTES = 32
RANDOM_BYTES = 16
HEAD_BYTES = RANDOM_BYTES + 4


def signature_of(*parts: str) -> str:
    """The signature over ``parts``, the token among them."""
    return sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signature_of(signature: str, *parts: str) -> bool:
    """Whether ``signature`` is right; takes the same time wherever it differs."""
    return hmac.compare_digest(signature.encode(), signature_of(*parts).encode())


class MessageCipher:
    """Encrypts and decrypts the messages of one account."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        """Raises AccountUnusable for a key that is none."""
        key = _key(encoding_aes_key)
        self._cipher = Cipher(algorithms.AES256(key), modes.CBC(key[:VECTOR_BYTES]))
        self._app_id = app_id.encode()

    def encrypt(self, message: bytes, *, random: bytes | None = None) -> str:
        """``message`` in base64, behind 16 fresh random bytes (or ``random``, for published examples)."""
        head = (random or os.urandom(RANDOM_BYTES)) + len(message).to_bytes(4, "big")
        plain = head + message + self._app_id
        padding = BLOCK_BYTES - len(plain) % BLOCK_BYTES
        encryptor = self._cipher.encryptor()
        return b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message in ``encrypted``. Raises Undecryptable unless every byte of it is as it should be."""
        plain = _unpadded(self._deciphered(encrypted))
        end = HEAD_BYTES + int.from_bytes(plain[RANDOM_BYTES:HEAD_BYTES], "big")
        if len(plain) < HEAD_BYTES or not hmac.compare_digest(plain[end:], self._app_id):
            raise Undecryptable("消息长度或 AppID 不符：不是发给这个公众号的消息，或已损坏。")
        return plain[HEAD_BYTES:end]

    def _deciphered(self, encrypted: str) -> bytes:
        try:
            content = b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise Undecryptable("密文不是 base64。") from None
        if not content or len(content) % BLOCK_BYTES:
            raise Undecryptable(f"密文长度应为 {BLOCK_BYTES} 字节的倍数。")
        decryptor = self._cipher.decryptor()
        return decryptor.update(content) + decryptor.finalize()


def _key(encoding_aes_key: str) -> bytes:
    try:
        key = b64decode(encoding_aes_key + "=", validate=True) if len(encoding_aes_key) == KEY_CHARS else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise AccountUnusable(
            f"encoding_aes_key 应为公众平台给出的 {KEY_CHARS} 位字母和数字，收到 {len(encoding_aes_key)} 位。"
        )
    return key


def _unpadded(padded: bytes) -> bytes:
    """Without its padding, every byte of which says how long it is."""
    length = padded[-1]
    if not 1 <= length <= BLOCK_BYTES or padded[-length:] != bytes([length]) * length:
        raise Undecryptable("密文的填充有误：密钥不符，或消息已损坏。")
    return padded[:-length]
