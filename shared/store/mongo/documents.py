"""How documents, counters and queries look in MongoDB.

A document is ``{_id, v: version, b: its JSON, k: {field: index key}}``. The JSON is a string, not BSON, so
that keys with dots and dollar signs, empty keys and all numbers come back as they were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.store.bodies import after_prefix, decode_body, index_key
from shared.store.declarations import Row
from shared.store.port import Document
from shared.store.queries import Query

Stored = dict[str, Any]

_CODES = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}
_ENCODING = str.maketrans(_CODES)
_NO_NAME = "%"


def to_stored(fields: Sequence[str], row: Row, version: int) -> Stored:
    """The document of ``row`` at ``version``."""
    id, body, *keys = row
    return {"_id": id, "v": version, "b": body.decode(), "k": dict(zip(fields, keys, strict=True))}


def to_document(stored: Mapping[str, Any]) -> Document:
    """The document that ``to_stored`` wrote."""
    return Document(stored["_id"], stored["v"], decode_body(stored["b"]))


def recomputed_keys(fields: Sequence[str], stored: Mapping[str, Any]) -> Stored:
    """The update that gives an older document the keys of a new index."""
    body = decode_body(stored["b"])
    return {"$set": {f"k.{field}": index_key(body.get(field)) for field in fields}}


def index_keys(fields: Sequence[str]) -> list[tuple[str, int]]:
    """The keys of an index over ``fields``."""
    return [(f"k.{field}", 1) for field in fields]


def index_name(fields: Sequence[str]) -> str:
    """The name of the index over ``fields``."""
    return ",".join(fields)


def filter_of(query: Query) -> Stored:
    """What the documents of ``query`` fulfil."""
    conditions: list[Stored] = [{f"k.{field}": key} for field, key in query.equal]
    for field, least, beyond in query.ranges:
        conditions += [
            {f"k.{field}": {sign: end}} for sign, end in (("$gte", least), ("$lt", beyond)) if end is not None
        ]
    if query.after is not None:
        conditions.append(_after(query, *query.after))
    return {"$and": conditions} if conditions else {}


def sort_of(query: Query) -> list[tuple[str, int]]:
    """The order of ``query``."""
    direction = -1 if query.is_descending else 1
    by = [(f"k.{query.order_by}", direction)] if query.order_by is not None else []
    return [*by, ("_id", direction)]


def ids_with(prefix: str) -> Stored:
    """The filter for every id that starts with ``prefix``."""
    beyond = after_prefix(prefix)
    return {"_id": {"$gte": prefix} if beyond is None else {"$gte": prefix, "$lt": beyond}}


def increments(amounts: Mapping[str, int]) -> Stored:
    """The update that adds ``amounts`` to the fields of counters."""
    return {"$inc": {f"f.{_encoded(field)}": amount for field, amount in amounts.items()}}


def counter_fields(stored: Mapping[str, Any]) -> dict[str, int]:
    """The fields that ``increments`` made."""
    return {_decoded(name): int(value) for name, value in stored["f"].items()}


def _after(query: Query, key: str, id: str) -> Stored:
    beyond = "$lt" if query.is_descending else "$gt"
    if query.order_by is None:
        return {"_id": {beyond: id}}
    field = f"k.{query.order_by}"
    # The first condition bounds the index's range, which $or does not.
    return {
        field: {f"{beyond}e": key},
        "$or": [{field: {beyond: key}}, {field: key, "_id": {beyond: id}}],
    }


def _encoded(name: str) -> str:
    """``name`` without what a path in MongoDB gives a meaning to."""
    return name.translate(_ENCODING) or _NO_NAME


def _decoded(name: str) -> str:
    if name == _NO_NAME:
        return ""
    for character, code in reversed(_CODES.items()):
        name = name.replace(code, character)
    return name
