"""A digest of what a collection holds: the same for the same content, wherever it lies and however often it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import orjson

EMPTY = b"{}"
"""The JSON of a document that holds nothing: the same as if there were none."""


class Digest:
    """SHA-256 over documents, which are added in the order of their ids.

    Each is hashed as two lines: its id, and its JSON as it is stored.
    """

    def __init__(self) -> None:
        self._hashed = hashlib.sha256()

    def add(self, ids: Sequence[str], texts: Sequence[bytes]) -> None:
        """Add documents by their ids and their JSON."""
        if EMPTY in texts:
            kept = [(id, text) for id, text in zip(ids, texts, strict=True) if text != EMPTY]
            ids, texts = [id for id, _ in kept], [text for _, text in kept]
        lines = [b""] * (2 * len(ids) + 1)
        lines[:-1:2] = map(str.encode, ids)
        lines[1::2] = texts
        self.add_written(b"\n".join(lines))

    def add_written(self, text: bytes) -> None:
        """Add documents that are written as they are hashed."""
        self._hashed.update(text)

    def hex(self) -> str:
        """The digest of all that was added."""
        return self._hashed.hexdigest()


def digest_of_counters(counters: Mapping[str, Mapping[str, int]]) -> str:
    """The digest of all counters that aren't 0."""
    digest = Digest()
    for id in sorted(counters):
        fields = {field: amount for field, amount in counters[id].items() if amount}
        digest.add([id], [orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)])
    return digest.hex()
