"""The store: documents and counters of the services, with transactions over any number of collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from shared.errors import Conflict, RetryLater

Body = dict[str, Any]
"""A document's content: what JSON can say (str, int, float, bool, None, lists and dicts of them).

Tuples become lists. Whatever else JSON cannot say is refused with ValueError: other types and keys, NaN and
the infinities, lone surrogates, the infinities, lone surrogates, integers over 64 bits. Over 8 MB of JSON: TooLarge.
"""

NewBody = Body | bytes
"""A body to write: as above, or as its JSON where a struct's encoder wrote that. The JSON is taken as it is, for
collections without an index alone (else ValueError).
"""


@dataclass(frozen=True, slots=True)
class Index:
    """A declared index over top-level ``fields`` of a body; ``find`` accepts only what an index covers.

    An indexed field holds a str, an int, a bool or None, else writing it is a ValueError. None and a missing
    field are the same here: they come first in the order, and don't count for uniqueness. A later declaration
    may add indexes: older documents are in them after ``open``.
    """

    fields: tuple[str, ...]
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents. The name is ``<service>.<noun>``."""

    name: str
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """A named set of integer counters: an id has named fields, each an int that starts at 0."""

    name: str


class Document(msgspec.Struct, frozen=True, gc=False):
    """A stored document. ``version`` is 1 after insert and grows by one at every replace."""

    id: str
    version: int
    body: Body


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open range for ``find``: ``gte <= value < lt``; None leaves that side open.

    A side of one type finds only values of that type. Strings are compared by code point.
    """

    gte: str | int | None = None
    lt: str | int | None = None


Where = Mapping[str, str | int | bool | Range]


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents in order, and the ``cursor`` that continues after them (None: that was all).

    Paging to the end shows every document once that stood unchanged all the time, whatever else is written.
    """

    documents: tuple[Document, ...]
    cursor: str | None


class DuplicateId(Conflict):
    """A document with this id, or with these values of a unique index, is there already."""


class VersionMoved(Conflict):
    """The document isn't at the version that was to be replaced or deleted: somebody else wrote it."""


class TransactionConflict(RetryLater):
    """Another transaction wrote the same documents first; nothing of this one stands. Run it again."""


class Reader(Protocol):
    """Reads. Inside a transaction they see its own writes and a single point in time.

    Every method that waits raises RetryLater when the store can't be reached.
    """

    def is_opened_with(self, declared: Collection | Counters) -> bool:
        """Whether ``declared`` can be used here. What another process has made since isn't, before ``open``."""

    async def get(self, collection: Collection, id: str) -> Document | None:
        """The document, or None."""

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> dict[str, Document]:
        """The documents that exist, by id; one round trip, thousands of ids are fine."""

    async def find(
        self,
        collection: Collection,
        where: Where,
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Documents that equal ``where`` in every field (or lie in its Range), ordered by ``order_by`` (a
        field of the index, ties by id) or by id; ``descending`` is the exact reverse. Values of different
        types come as: none, False, True, ints, strings. All fields used must lie in one declared index,
        equality fields first; else ValueError. ``cursor`` is a Page's, with the same arguments (``limit`` may
        differ), else Invalid."""

    async def counters(self, counters: Counters, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """The fields of each id that was ever incremented."""

    async def all_counters(self, counters: Counters, *, prefix: str) -> dict[str, dict[str, int]]:
        """The fields of every id that starts with ``prefix``."""

    async def count(self, collection: Collection) -> int:
        """How many documents there are."""

    async def digest(self, declared: Collection | Counters) -> str:
        """SHA-256 over the ids and the JSON of all documents, or over all counters that aren't 0: the same on every
        engine, whatever the versions are. A document without a field counts for none."""


class Transaction(Reader, Protocol):
    """Writes that become visible together when the transaction ends without an error, or not at all.

    After an error of any call the transaction is void: the error comes again from the next call and from the
    end, so that a part is never committed. One call at a time, and none after the block (RuntimeError).
    """

    async def insert(self, collection: Collection, id: str, body: NewBody) -> None:
        """Add a document at version 1. Raises DuplicateId."""

    async def insert_many(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> None:
        """Add all of them, in one round trip. Raises DuplicateId."""

    async def replace(self, collection: Collection, id: str, body: NewBody, *, version: int) -> None:
        """Write ``body`` in place of ``version``. Raises VersionMoved, also when it isn't there, and
        DuplicateId for values of a unique index."""

    async def replace_many(self, collection: Collection, items: Sequence[tuple[str, NewBody, int]]) -> None:
        """As ``replace``, for many (id, body, version) of different ids, in one round trip. Of several
        reasons to refuse them, any one is given."""

    async def delete(self, collection: Collection, id: str, *, version: int | None = None) -> None:
        """Remove the document; nothing happens when it isn't there. With ``version``, raises VersionMoved
        unless it stands at that version."""

    async def delete_many(self, collection: Collection, ids: Sequence[str]) -> None:
        """Remove those that are there, in one round trip."""

    async def increment(
        self, counters: Counters, amounts: Mapping[str, Mapping[str, int]], *, shard: int = 0
    ) -> None:
        """Add to counters: ``{id: {field: amount}}``; missing ids and fields start at 0. Raises ValueError
        when a counter would leave 64 bits.

        Transactions that add in different shards (of 16; any integer says one) never conflict over a counter.
        Whoever reads gets the sum over all shards.
        """

    async def clear(self, collection: Collection | Counters) -> None:
        """Remove every document or counter of the collection (a rebuild starts with it)."""


class Store(Reader, Protocol):
    """Documents with majority durability: what was written survives a killed process and power loss."""

    async def open(self, collections: Sequence[Collection | Counters]) -> None:
        """Connect, and make the collections and declared indexes that aren't there. May be called again with
        further collections. Raises ValueError for a name or an index that can't be, DuplicateId when
        documents contradict a new unique index, RetryLater when the store can't be reached."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction; it commits when the block ends, and leaves nothing when the block raises.

        Durable when the ``async with`` block has ended. Raises TransactionConflict (from any call or the
        end) when it lost against another one, RetryLater when the store is away. Hazard: after a RetryLater
        from the end of the block it is unknown whether it stands; documents with ids of their own and
        versions tell. A task has one transaction at a time, and no ``insert_each`` within it (RuntimeError).
        """

    async def insert_each(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> list[bool]:
        """Insert each on its own, in one round trip: True where it was inserted, False where the id, or its
        values of a unique index, stood already (from before, or earlier in ``items``). Durable on return.
        Hazard: after RetryLater some may stand; whoever repeats compares the content where False comes."""

    async def close(self) -> None:
        """Finish what is under way and let go of every connection and file."""
