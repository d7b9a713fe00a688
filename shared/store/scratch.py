"""Collections in memory, in front of a store: where a fold is made anew beside the one that stands."""

from __future__ import annotations

from collections.abc import Collection as Sized
from collections.abc import Iterator, Mapping, Sequence

from shared.store.bodies import check_amount, check_distinct, check_id, decode_body, encode_body
from shared.store.digests import Digest, digest_of_counters
from shared.store.port import Body, Collection, Counters, Document, NewBody, Page, Reader, Where
from shared.store.refusals import duplicate, moved

Fields = dict[str, int]
_DIGESTED_AT_ONCE = 1_000
_Kept = tuple[int, bytes]
"""A document: its version and its JSON."""


class Scratch:
    """The content of ``declared``, at first nothing.

    Some 700 bytes of memory for a small document. Indexes aren't kept, so nothing can be found by them; whoever needs
    a unique one is refused (ValueError).
    """

    def __init__(self, declared: Sized[Collection | Counters]) -> None:
        for each in declared:
            if isinstance(each, Collection) and any(index.is_unique for index in each.indexes):
                raise ValueError(f"{each.name} has a unique index, which isn't kept in memory")
        self._documents: dict[str, dict[str, _Kept]] = {
            each.name: {} for each in declared if isinstance(each, Collection)
        }
        self._counters: dict[str, dict[str, Fields]] = {
            each.name: {} for each in declared if isinstance(each, Counters)
        }

    def transaction(self, behind: Reader) -> ScratchTransaction:
        """Reads and writes here; what isn't declared here is read from ``behind``, and not written at all."""
        return ScratchTransaction(behind, self._documents, self._counters)

    def digest(self, declared: Collection | Counters) -> str:
        """As a store's."""
        if isinstance(declared, Counters):
            return digest_of_counters(self._counters[declared.name])
        documents = self._documents[declared.name]
        digest, ids = Digest(), sorted(documents)
        for start in range(0, len(ids), _DIGESTED_AT_ONCE):
            digest.add((id, documents[id][1]) for id in ids[start : start + _DIGESTED_AT_ONCE])
        return digest.hex()

    def bodies(self, collection: Collection) -> Iterator[tuple[str, Body]]:
        """Every document's id and body."""
        return ((id, decode_body(text)) for id, (_, text) in self._documents[collection.name].items())

    def counters(self, counters: Counters) -> Mapping[str, Fields]:
        """Every counter's fields by its id."""
        return self._counters[counters.name]


class ScratchTransaction:
    """A ``Transaction``; nothing of it stands before ``commit``. For one task, which ends it before the next begins."""

    def __init__(
        self, behind: Reader, documents: dict[str, dict[str, _Kept]], counters: dict[str, dict[str, Fields]]
    ) -> None:
        self._behind = behind
        self._documents = documents
        self._counters = counters
        self._written: dict[str, dict[str, _Kept | None]] = {name: {} for name in documents}
        self._added: dict[str, dict[str, Fields]] = {name: {} for name in counters}

    def commit(self) -> None:
        """Let all of it stand."""
        for name, written in self._written.items():
            documents = self._documents[name]
            for id, kept in written.items():
                if kept is None:
                    documents.pop(id, None)
                else:
                    documents[id] = kept
        for name, added in self._added.items():
            for id, amounts in added.items():
                _add(self._counters[name].setdefault(id, {}), amounts)

    def is_opened_with(self, declared: Collection | Counters) -> bool:
        """As the port says, of what is behind too."""
        return self._behind.is_opened_with(declared)

    async def get(self, collection: Collection, id: str) -> Document | None:
        """As the port says."""
        return (await self.get_many(collection, [id])).get(id)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> dict[str, Document]:
        """As the port says."""
        if collection.name not in self._documents:
            return await self._behind.get_many(collection, ids)
        found = ((id, self._kept(collection, check_id(id))) for id in ids)
        return {id: Document(id, kept[0], decode_body(kept[1])) for id, kept in found if kept is not None}

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
        """As the port says, behind. Here nothing can be found (ValueError)."""
        self._refuse(collection, "found")
        return await self._behind.find(
            collection, where, order_by=order_by, descending=descending, limit=limit, cursor=cursor
        )

    async def counters(self, counters: Counters, ids: Sequence[str]) -> dict[str, Fields]:
        """As the port says."""
        if counters.name not in self._counters:
            return await self._behind.counters(counters, ids)
        return {id: fields for id in ids if (fields := self._fields(counters, check_id(id)))}

    async def all_counters(self, counters: Counters, *, prefix: str) -> dict[str, Fields]:
        """As the port says."""
        if counters.name not in self._counters:
            return await self._behind.all_counters(counters, prefix=prefix)
        ids = self._counters[counters.name].keys() | self._added[counters.name].keys()
        return await self.counters(counters, [id for id in ids if id.startswith(check_id(prefix))])

    async def count(self, collection: Collection) -> int:
        """As the port says, behind. Nothing is counted here while it is written (ValueError)."""
        self._refuse(collection, "counted")
        return await self._behind.count(collection)

    async def digest(self, declared: Collection | Counters) -> str:
        """As the port says, behind. Nothing is digested here while it is written (ValueError)."""
        self._refuse(declared, "digested")
        return await self._behind.digest(declared)

    async def insert(self, collection: Collection, id: str, body: NewBody) -> None:
        """As the port says."""
        await self.insert_many(collection, [(id, body)])

    async def insert_many(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> None:
        """As the port says."""
        if collection.name not in self._documents:
            return
        rows = [(check_id(id), encode_body(body)) for id, body in items]
        fresh = {id: (1, text) for id, text in rows}
        if len(fresh) < len(rows) or any(self._kept(collection, id) is not None for id in fresh):
            raise duplicate(collection, [id for id, _ in items])
        self._written[collection.name] |= fresh

    async def replace(self, collection: Collection, id: str, body: NewBody, *, version: int) -> None:
        """As the port says."""
        await self.replace_many(collection, [(id, body, version)])

    async def replace_many(self, collection: Collection, items: Sequence[tuple[str, NewBody, int]]) -> None:
        """As the port says."""
        if collection.name not in self._documents:
            return
        check_distinct([id for id, _, _ in items])
        for id, _, version in items:
            self._check_version(collection, id, version)
        self._written[collection.name] |= {
            id: (version + 1, encode_body(body)) for id, body, version in items
        }

    async def delete(self, collection: Collection, id: str, *, version: int | None = None) -> None:
        """As the port says."""
        if version is not None and collection.name in self._documents:
            self._check_version(collection, id, version)
        await self.delete_many(collection, [id])

    async def delete_many(self, collection: Collection, ids: Sequence[str]) -> None:
        """As the port says."""
        if collection.name in self._documents:
            self._written[collection.name] |= dict.fromkeys(map(check_id, ids))

    async def increment(
        self,
        counters: Counters,
        amounts: Mapping[str, Mapping[str, int]],
        *,
        shard: int = 0,  # noqa: ARG002 - nobody else adds
    ) -> None:
        """As the port says."""
        if counters.name not in self._counters:
            return
        added = self._added[counters.name]
        for id, fields in amounts.items():
            _add(
                added.setdefault(check_id(id), {}), {str(name): check_amount(n) for name, n in fields.items()}
            )

    async def clear(self, collection: Collection | Counters) -> None:
        """Nothing is cleared while it is folded anew (ValueError)."""
        self._refuse(collection, "cleared")

    def _kept(self, collection: Collection, id: str) -> _Kept | None:
        written = self._written[collection.name]
        return written[id] if id in written else self._documents[collection.name].get(id)

    def _check_version(self, collection: Collection, id: str, version: int) -> None:
        kept = self._kept(collection, check_id(id))
        if kept is None or kept[0] != version:
            raise moved(collection, [id])

    def _fields(self, counters: Counters, id: str) -> Fields:
        fields = dict(self._counters[counters.name].get(id, {}))
        _add(fields, self._added[counters.name].get(id, {}))
        return fields

    def _refuse(self, declared: Collection | Counters, what: str) -> None:
        if declared.name in self._documents or declared.name in self._counters:
            raise ValueError(f"{declared.name} is folded anew: nothing in it can be {what} meanwhile")


def _add(fields: Fields, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        fields[name] = fields.get(name, 0) + amount
