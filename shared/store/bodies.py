"""What a document may hold, and how it is written down.

Both adapters store the JSON of ``encode_body`` and the keys of ``index_key``, and compare keys as strings. So
they cannot differ in what they accept, give back and find, nor in its order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import orjson

from shared.errors import TooLarge
from shared.store.port import Body, NewBody

MAX_BODY_BYTES = 8_000_000
"""Of a body's JSON. Twice this (the text, and every field in an index) fits into a document of MongoDB."""

_REFUSE_WHAT_JSON_CANNOT_SAY = (
    orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_LEAST_INT = -(2**63)
_GREATEST_INT = 2**64 - 1


def encode_body(body: NewBody) -> bytes:
    """The JSON of ``body``. Tuples become lists.

    Raises ValueError for what JSON cannot say (other types, NaN, infinities, lone surrogates, keys that are
    no strings) and for integers that 64 bits cannot hold; TooLarge over ``MAX_BODY_BYTES``.
    """
    text = body if isinstance(body, bytes) else _json(body)
    if len(text) > MAX_BODY_BYTES:
        raise TooLarge(f"一份文档最多 {MAX_BODY_BYTES} 字节，收到 {len(text)} 字节")
    return text


def _json(body: Body) -> bytes:
    if not isinstance(body, dict):
        raise ValueError(f"a body is a dict, not {type(body).__name__}")
    try:
        text = orjson.dumps(body, option=_REFUSE_WHAT_JSON_CANNOT_SAY)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"a body holds what JSON can say: {error}") from error
    if b"null" in text:  # the encoder writes NaN and the infinities as null
        _refuse_endless(body)
    return text


def decode_body(text: str | bytes) -> Body:
    """The body that ``encode_body`` wrote."""
    return cast(Body, orjson.loads(text))


def check_id(id: str) -> str:
    """Return ``id``. Raises ValueError unless it is a string that UTF-8 can say."""
    if not isinstance(id, str):
        raise ValueError(f"an id is a str, not {type(id).__name__}")
    if not id.isascii():
        id.encode()  # UnicodeEncodeError, a ValueError, for lone surrogates
    return id


def check_distinct(ids: Sequence[str]) -> None:
    """Raises ValueError when an id comes twice."""
    if len(set(ids)) < len(ids):
        raise ValueError("each document can be replaced once in a call")


def check_amount(amount: int) -> int:
    """Return ``amount``. Raises ValueError unless it is an integer of 64 bits with sign."""
    if type(amount) is not int or not _LEAST_INT <= amount < -_LEAST_INT:
        raise ValueError(f"a counter grows by an int of 64 bits, not by {amount!r}")
    return amount


def index_key(value: object) -> str:
    """A string that stands for ``value`` in an index; keys sort as: no value, False, True, ints, strings.

    Strings sort by code point. ``None`` stands for a missing field too. Raises ValueError for any other type.
    """
    if isinstance(value, str):
        return "s" + check_id(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"b{value:d}"
    if isinstance(value, int) and _LEAST_INT <= value <= _GREATEST_INT:
        return f"i{value - _LEAST_INT:017x}"
    raise ValueError(f"an indexed field holds a str, an int of 64 bits, a bool or None, not {value!r}")


KEYS_OF_STRINGS = ("s", "t")
KEYS_OF_INTS = ("i", "j")
ALL_KEYS = ("", "t")
"""Half-open ranges that hold every key of that kind."""


def after_prefix(prefix: str) -> str | None:
    """The least string after all that start with ``prefix``, by code point; None when there is none."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1])
        if code < 0x10FFFF:
            following = 0xE000 if code == 0xD7FF else code + 1  # surrogates lie between: no character there
            return prefix[: end - 1] + chr(following)
    return None


def _refuse_endless(value: Any) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a body holds what JSON can say, and not {value!r}")
    elif isinstance(value, dict):
        for item in value.values():
            _refuse_endless(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_endless(item)
