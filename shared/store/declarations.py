"""The collections that a store was opened with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.store.bodies import check_id, encode_body, index_key
from shared.store.port import Collection, Counters, NewBody

_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")

Row = tuple[Any, ...]
"""A document ready to be written: its id, its JSON (bytes), and the index key (str) of each indexed field."""


def indexed_fields(collection: Collection) -> tuple[str, ...]:
    """Every field of any index, once, in the order of their declaration."""
    return tuple(dict.fromkeys(field for index in collection.indexes for field in index.fields))


def encode(fields: Sequence[str], id: str, body: NewBody) -> Row:
    """A document of a collection with these indexed ``fields``. Raises ValueError, TooLarge."""
    if not fields:
        return check_id(id), encode_body(body)
    if isinstance(body, bytes):
        raise ValueError("a body is a dict where its collection has an index, not JSON")
    return (check_id(id), encode_body(body), *[index_key(body.get(field)) for field in fields])


def check_declaration(declared: Collection | Counters) -> None:
    """Raises ValueError when a name is none that both adapters can carry."""
    if not _NAME.fullmatch(declared.name):
        raise ValueError(f"a collection is named <service>.<noun> in lower case, not {declared.name!r}")
    if isinstance(declared, Counters):
        return
    for index in declared.indexes:
        if not index.fields or len(set(index.fields)) < len(index.fields):
            raise ValueError(
                f"an index of {declared.name} names one field or more, each once: {index.fields}"
            )
        for field in index.fields:
            if not _FIELD.fullmatch(field):
                raise ValueError(f"an indexed field of {declared.name} is in snake_case, not {field!r}")


def check_new(known: Mapping[str, Collection | Counters], declared: Sequence[Collection | Counters]) -> None:
    """Raises ValueError when a declaration can't be carried or contradicts a ``known`` one."""
    named = dict(known)
    for one in declared:
        check_declaration(one)
        if named.setdefault(one.name, one) != one:
            raise ValueError(f"{one.name} was declared before, and differently")
