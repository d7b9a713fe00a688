"""How documents, counters and queries look in MongoDB.

A document is ``{_id, v: version, b: its JSON, k: {field: index key}}``, without ``k`` where no field is in an index.
The JSON is a string, not BSON, so that keys with dots and dollar signs, empty keys and all numbers come back as they
were given.

A counter is up to 16 documents, its shards: ``{_id: the shard and the id, f: {field: amount}}``. Whoever reads adds
them up; who adds in different shards writes different documents, and so never waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shared.store.bodies import after_prefix, check_amount, check_id, decode_body, encode_body, index_key
from shared.store.declarations import encode
from shared.store.port import Document, NewBody
from shared.store.queries import Query

Stored = dict[str, Any]

_CODES = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}
_ENCODING = str.maketrans(_CODES)
_NO_NAME = "%"
_SHARDS = "0123456789abcdef"


_MOST_PATHS = 65_536
_PART_CHARACTERS = 2_000_000
"""One document more than this, at four bytes a character, and its JSON in an index too, is still under the 48 MB that a
command may have."""
_FRAME_CHARACTERS = 50


def to_stored(fields: Sequence[str], id: str, body: NewBody, version: int) -> Stored:
    """The document of ``id`` at ``version``. Raises as ``encode`` does."""
    if not fields:
        return {"_id": check_id(id), "v": version, "b": encode_body(body).decode()}
    _, text, *keys = encode(fields, id, body)
    return {"_id": id, "v": version, "b": text.decode(), "k": dict(zip(fields, keys, strict=True))}


def in_parts(documents: Iterable[Stored]) -> Iterator[list[Stored]]:
    """So many documents at a time as a command may have; each part is made when it is asked for."""
    part: list[Stored] = []
    room = _PART_CHARACTERS
    for document in documents:
        part.append(document)
        room -= len(document["b"]) + _FRAME_CHARACTERS
        if room < 0:
            yield part
            part, room = [], _PART_CHARACTERS
    if part:
        yield part


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


def shard_of(id: str, shard: int) -> str:
    """The id of the document that holds one shard of a counter: a digit that says which, and the counter's id."""
    return f"{_SHARDS[shard % len(_SHARDS)]}{id}"


def shards_of(ids: Sequence[str]) -> Stored:
    """The filter for all shards of the counters ``ids``."""
    return {"_id": {"$in": [shard for id in ids for shard in _all_of(id)]}}


def shards_with(prefix: str) -> Stored:
    """The filter for all shards of every counter whose id starts with ``prefix``."""
    return {"$or": [{"_id": {"$gte": start, "$lt": after_prefix(start)}} for start in _all_of(prefix)]}


def folded(found: Iterable[Stored]) -> dict[str, dict[str, int]]:
    """The counters by id, from their shards."""
    counters: dict[str, dict[str, int]] = {}
    for stored in found:
        fields = counters.setdefault(stored["_id"][1:], {})
        for field, value in _counter_fields(stored).items():
            fields[field] = fields.get(field, 0) + value
    return counters


def increments(amounts: Mapping[str, int]) -> Stored:
    """The update that adds ``amounts`` to the fields of counters. Raises ValueError."""
    return {"$inc": {_path(field): check_amount(amount) for field, amount in amounts.items()}}


def _all_of(id: str) -> list[str]:
    """The ids of the documents of one counter."""
    return [shard + id for shard in _SHARDS]


def _counter_fields(stored: Mapping[str, Any]) -> dict[str, int]:
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


@lru_cache(maxsize=_MOST_PATHS)
def _path(name: str) -> str:
    """Where the field ``name`` stands, without what a path in MongoDB gives a meaning to. Raises ValueError."""
    return "f." + (check_id(name).translate(_ENCODING) or _NO_NAME)


def _decoded(name: str) -> str:
    if name == _NO_NAME:
        return ""
    for character, code in reversed(_CODES.items()):
        name = name.replace(code, character)
    return name
