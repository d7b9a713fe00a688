"""A part of the board as JSON that knows what of it changed: encoded once, whoever it is shown to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

encode = msgspec.json.Encoder().encode
"""Any shape of ``content`` as JSON; the same one gives the same bytes."""

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One key of the board: ``value`` is its JSON, ``entries`` are those of a list by their ids.

    ``change`` is what differs from the section with the digest ``since``, in the same form: the whole, or a list of
    the entries that differ. An entry never leaves a list.
    """

    name: str
    value: bytes = field(repr=False)
    digest: bytes
    entries: Mapping[str, bytes] = field(repr=False)
    since: bytes
    change: bytes = field(repr=False)

    def member(self, seen: Section | None) -> bytes:
        """As a member of an object: what changed since ``seen``, or all of it."""
        told = self.change if seen is not None and seen.digest == self.since else self.value
        return b'"%s":%s' % (self.name.encode(), told)


def single(name: str, content: object, before: Section | None) -> Section:
    """A section that is told as a whole; ``before`` itself where it says the same."""
    value = encode(content)
    if before is not None and before.value == value:
        return before
    return _section(name, value, {}, before, value)


def listed(name: str, entries: Mapping[str, bytes], before: Section | None) -> Section:
    """A list of what ``before`` had, with ``entries`` in the place of those with their ids.

    It is ``before`` itself where nothing differs.
    """
    kept = {} if before is None else before.entries
    moved = {id: entry for id, entry in entries.items() if kept.get(id) != entry}
    if before is not None and not moved:
        return before
    together = {**kept, **moved}
    return _section(name, _array(together), together, before, _array(moved))


def digest_of(*parts: bytes) -> bytes:
    """Of ``parts``, each of them apart from the next."""
    hashed = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return hashed.digest()


def _section(
    name: str, value: bytes, entries: Mapping[str, bytes], before: Section | None, change: bytes
) -> Section:
    since = b"" if before is None else before.digest
    return Section(name, value, digest_of(name.encode(), value), entries, since, change)


def _array(entries: Mapping[str, bytes]) -> bytes:
    return b"[%s]" % b",".join(entries.values())
