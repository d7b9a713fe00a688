"""Collections in memory, in front of a store: where a fold is made anew beside the one that stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from shared.store.bodies import check_amount, check_distinct, check_id, decode_body, encode_body
from shared.store.digests import Digest, digest_of_counters
from shared.store.port import Body, Collection, Counters, Document, NewBody, Page, Reader, Where
from shared.store.refusals import duplicate, moved

Fields = dict[str, int]
_DIGESTED_AT_ONCE = 1_000
_Texts = dict[str, bytes]
"""Documents by id: their JSON."""
_Versions = dict[str, int]
"""By id, of those documents that aren't at their first version."""


class Scratch:
    """The content of ``declared``, at first nothing.

    Some 600 bytes of memory for a small document. Indexes aren't kept, so nothing can be found by them; whoever needs
    a unique one is refused (ValueError).
    """

    def __init__(self, declared: Sequence[Collection | Counters]) -> None:
        for each in declared:
            if isinstance(each, Collection) and any(index.is_unique for index in each.indexes):
                raise ValueError(f"{each.name} has a unique index, which isn't kept in memory")
        self._documents: dict[str, tuple[_Texts, _Versions]] = {
            each.name: ({}, {}) for each in declared if isinstance(each, Collection)
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
        texts, _ = self._documents[declared.name]
        digest, ids = Digest(), sorted(texts)
        for start in range(0, len(ids), _DIGESTED_AT_ONCE):
            some = ids[start : start + _DIGESTED_AT_ONCE]
            digest.add(some, [texts[id] for id in some])
        return digest.hex()

    def bodies(self, collection: Collection) -> Iterator[tuple[str, Body]]:
        """Every document's id and body."""
        texts, _ = self._documents[collection.name]
        return ((id, decode_body(text)) for id, text in texts.items())

    def counters(self, counters: Counters) -> Mapping[str, Fields]:
        """Every counter's fields by its id."""
        return self._counters[counters.name]


class ScratchTransaction:
    """A ``Transaction``; nothing of it stands before ``commit``. For one task, which ends it before the next begins."""

    def __init__(
        self,
        behind: Reader,
        documents: dict[str, tuple[_Texts, _Versions]],
        counters: dict[str, dict[str, Fields]],
    ) -> None:
        self._behind = behind
        self._documents = {name: _Written(*stands) for name, stands in documents.items()}
        self._counters = counters
        self._added: dict[str, dict[str, Fields]] = {name: {} for name in counters}

    def commit(self) -> None:
        """Let all of it stand."""
        for written in self._documents.values():
            written.commit()
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
        return self._documents[collection.name].get_many([check_id(id) for id in ids])

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
        fresh = dict(rows)
        written = self._documents[collection.name]
        if len(fresh) < len(rows) or written.has_any(fresh):
            raise duplicate(collection, [id for id, _ in items])
        written.texts |= fresh

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
        written = self._documents[collection.name]
        written.texts |= {id: encode_body(body) for id, body, _ in items}
        written.versions |= {id: version + 1 for id, _, version in items}

    async def delete(self, collection: Collection, id: str, *, version: int | None = None) -> None:
        """As the port says."""
        if version is not None and collection.name in self._documents:
            self._check_version(collection, id, version)
        await self.delete_many(collection, [id])

    async def delete_many(self, collection: Collection, ids: Sequence[str]) -> None:
        """As the port says."""
        if collection.name in self._documents:
            self._documents[collection.name].delete(map(check_id, ids))

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

    def _check_version(self, collection: Collection, id: str, version: int) -> None:
        if self._documents[collection.name].version(check_id(id)) != version:
            raise moved(collection, [id])

    def _fields(self, counters: Counters, id: str) -> Fields:
        fields = dict(self._counters[counters.name].get(id, {}))
        _add(fields, self._added[counters.name].get(id, {}))
        return fields

    def _refuse(self, declared: Collection | Counters, what: str) -> None:
        if declared.name in self._documents or declared.name in self._counters:
            raise ValueError(f"{declared.name} is folded anew: nothing in it can be {what} meanwhile")


class _Written:
    """What a transaction has written over the documents that stand. One that was deleted is None."""

    def __init__(self, standing: _Texts, standing_versions: _Versions) -> None:
        self._standing = standing
        self._standing_versions = standing_versions
        self.texts: dict[str, bytes | None] = {}
        self.versions: _Versions = {}

    def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        found = {}
        for id in ids:
            text = self.texts[id] if id in self.texts else self._standing.get(id)
            if text is not None:
                found[id] = Document(id, self._version(id), decode_body(text))
        return found

    def has_any(self, documents: Mapping[str, bytes]) -> bool:
        known = (documents.keys() & self._standing.keys()) | (documents.keys() & self.texts.keys())
        return any(self.version(id) for id in known)

    def version(self, id: str) -> int:
        """0 where there is none."""
        text = self.texts[id] if id in self.texts else self._standing.get(id)
        return 0 if text is None else self._version(id)

    def delete(self, ids: Iterable[str]) -> None:
        for id in ids:
            self.texts[id] = None
            self.versions[id] = 1  # of what is inserted anew

    def commit(self) -> None:
        deleted = [id for id, text in self.texts.items() if text is None]
        for id in deleted:
            del self.texts[id]
            self._standing.pop(id, None)
        self._standing.update(cast(_Texts, self.texts))
        self._standing_versions.update(self.versions)

    def _version(self, id: str) -> int:
        return self.versions.get(id) or self._standing_versions.get(id, 1)


def _add(fields: Fields, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        fields[name] = fields.get(name, 0) + amount
