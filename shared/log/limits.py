"""How large a message may be: the same for every adapter, so that none accepts what another refuses."""

from __future__ import annotations

from shared.errors import TooLarge

MAX_VALUE_BYTES = 1_000_000
"""The most bytes that a message's value may have."""

MAX_MESSAGE_BYTES = 1_040_000
"""The most bytes of key, headers and value together. Kafka's default limit on a record batch (1,048,588
bytes, its own framing included) is the reason."""


def value_too_large(size: int) -> TooLarge:
    """The error for a value of ``size`` bytes."""
    return TooLarge(f"一条消息的内容最多 {MAX_VALUE_BYTES} 字节，这一条有 {size} 字节。")


def message_too_large(size: int) -> TooLarge:
    """The error for a message that is ``size`` bytes with its key and headers."""
    return TooLarge(f"一条消息连同键和头最多 {MAX_MESSAGE_BYTES} 字节，这一条有 {size} 字节。")
