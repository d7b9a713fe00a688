"""What ``find`` asks for, in terms that both adapters translate: keys to compare and one index to use."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from shared.errors import Invalid
from shared.store.bodies import ALL_KEYS, KEYS_OF_INTS, KEYS_OF_STRINGS, index_key
from shared.store.port import Collection, Document, Index, Page, Range, Where

KeyRange = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Query:
    """Documents whose keys equal ``equal`` and lie in ``ranges`` (field, from, before; None: open), in the order
    of ``order_by``'s key and the id, beginning after the (key, id) ``after``."""

    index: Index | None
    """None: every document, by id."""
    equal: tuple[tuple[str, str], ...]
    ranges: tuple[KeyRange, ...]
    order_by: str | None
    is_descending: bool
    limit: int
    after: tuple[str, str] | None
    fingerprint: int


def plan(
    collection: Collection,
    where: Where,
    *,
    order_by: str | None,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> Query:
    """Check the arguments of ``find``.

    Raises ValueError for a call that no declared index covers, Invalid for a cursor of another call.
    """
    if limit < 1:
        raise ValueError(f"a page has at least one document, not {limit}")
    ranges = [(field, *_bounds(value)) for field, value in where.items() if isinstance(value, Range)]
    equal = tuple(
        (field, _equal_key(value)) for field, value in where.items() if not isinstance(value, Range)
    )
    index = _covering(collection, [field for field, _ in equal], [field for field, *_ in ranges], order_by)
    asked = orjson.dumps([collection.name, sorted(equal), sorted(ranges), order_by, descending])
    fingerprint = zlib.crc32(asked)
    after = None if cursor is None else _read_cursor(cursor, fingerprint)
    open_ranges = tuple(_beyond(after, one, descending) if one[0] == order_by else one for one in ranges)
    return Query(index, equal, open_ranges, order_by, descending, limit, after, fingerprint)


def page(query: Query, found: Sequence[Document]) -> Page:
    """The page out of what was ``found``: in any order, and one more than the limit when there is more."""
    documents = sorted(found, key=lambda one: _place(query, one), reverse=query.is_descending)
    if len(documents) <= query.limit:
        return Page(tuple(documents), None)
    documents = documents[: query.limit]
    return Page(tuple(documents), _write_cursor(query.fingerprint, _place(query, documents[-1])))


def _place(query: Query, document: Document) -> tuple[str, str]:
    key = "" if query.order_by is None else index_key(document.body.get(query.order_by))
    return key, document.id


def _equal_key(value: object) -> str:
    if value is None:
        raise ValueError("find compares with a str, int, bool or Range, not with None")
    return index_key(value)


def _bounds(range: Range) -> tuple[str, str]:
    given = [value for value in (range.gte, range.lt) if value is not None]
    if not given:
        return ALL_KEYS
    if all(isinstance(value, str) for value in given):
        least, beyond = KEYS_OF_STRINGS
    elif all(type(value) is int for value in given):
        least, beyond = KEYS_OF_INTS
    else:
        raise ValueError(f"a Range lies between two strings or two ints, not {range}")
    return (
        least if range.gte is None else index_key(range.gte),
        beyond if range.lt is None else index_key(range.lt),
    )


def _covering(
    collection: Collection, equal: Sequence[str], ranged: Sequence[str], order_by: str | None
) -> Index | None:
    """The index that begins with the fields of ``equal`` and holds the others; best one already in order."""
    others = {*ranged, *([order_by] if order_by is not None else [])} - set(equal)
    if not equal and not others:
        return None
    covering = [
        index
        for index in collection.indexes
        if set(index.fields[: len(equal)]) == set(equal) and others <= set(index.fields)
    ]
    if not covering:
        raise ValueError(
            f"no declared index of {collection.name} begins with {sorted(equal)} and holds {sorted(others)}: "
            f"it declares {[index.fields for index in collection.indexes]}"
        )
    return max(covering, key=lambda index: _is_in_order(index, len(equal), order_by, equal))


def _is_in_order(index: Index, equal_count: int, order_by: str | None, equal: Sequence[str]) -> bool:
    if order_by is None or order_by in equal:
        return len(index.fields) == equal_count
    return index.fields[equal_count] == order_by


def _beyond(after: tuple[str, str] | None, range: tuple[str, str, str], descending: bool) -> KeyRange:
    """``range`` without the end that ``after`` has passed, so that only ``after`` says where to begin."""
    field, least, beyond = range
    if after is None:
        return range
    if not least <= after[0] < beyond:
        raise Invalid("游标不在所查范围内：请从第一页重新查询", code="invalid-cursor")
    return (field, least, None) if descending else (field, None, beyond)


def _write_cursor(fingerprint: int, place: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([fingerprint, *place])).decode().rstrip("=")


def _read_cursor(cursor: str, fingerprint: int) -> tuple[str, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of_call, key, id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid("游标无效：请从第一页重新查询", code="invalid-cursor") from error
    if of_call != fingerprint or not (isinstance(key, str) and isinstance(id, str)):
        raise Invalid("游标属于另一个查询：请从第一页重新查询", code="invalid-cursor")
    return key, id
