"""What the store was opened with, and how that is made in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel, UpdateOne
from pymongo.errors import CollectionInvalid, OperationFailure

from shared.store.declarations import indexed_fields
from shared.store.mongo.documents import Stored, index_keys, index_name, recomputed_keys, to_stored
from shared.store.mongo.errors import refusing_duplicates
from shared.store.port import Collection, Counters, Index, NewBody
from shared.store.refusals import not_opened

_NAMESPACE_EXISTS = 48
_AT_ONCE = 1_000


class Opened:
    """What the store was opened with."""

    def __init__(self) -> None:
        self.declared: dict[str, Collection | Counters] = {}
        self._motors: dict[str, AsyncIOMotorCollection[Any]] = {}
        self._fields: dict[str, tuple[str, ...]] = {}

    def add(self, declared: Collection | Counters, motor: AsyncIOMotorCollection[Any]) -> None:
        self.declared[declared.name] = declared
        self._motors[declared.name] = motor
        self._fields[declared.name] = indexed_fields(declared) if isinstance(declared, Collection) else ()

    def motor(self, declared: Collection | Counters) -> AsyncIOMotorCollection[Any]:
        if type(self.declared.get(declared.name)) is not type(declared):
            raise not_opened(declared)
        return self._motors[declared.name]

    def stored(self, collection: Collection, items: Iterable[tuple[str, NewBody, int]]) -> list[Stored]:
        """The documents of ids and bodies at these versions."""
        fields = self._fields_of(collection)
        return [to_stored(fields, id, body, version) for id, body, version in items]

    def new(self, collection: Collection, items: Iterable[tuple[str, NewBody]]) -> Iterator[Stored]:
        """The documents of ids and bodies that are new, each made when it is asked for."""
        fields = self._fields_of(collection)
        return (to_stored(fields, id, body, 1) for id, body in items)

    def _fields_of(self, collection: Collection) -> tuple[str, ...]:
        self.motor(collection)
        return self._fields[collection.name]


async def create(database: AsyncIOMotorDatabase[Any], declared: Collection | Counters) -> None:
    """Make what isn't there: the collection, its indexes, and the keys of documents older than an index."""
    try:
        await database.create_collection(declared.name)
    except CollectionInvalid:
        pass  # there already
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
    if isinstance(declared, Collection) and declared.indexes:
        motor = database[declared.name]
        with refusing_duplicates(declared, [("…",)]):
            await motor.create_indexes([model for index in declared.indexes for model in _models(index)])
            for index in declared.indexes:
                await _compute_keys(motor, index.fields)


def _models(index: Index) -> list[IndexModel]:
    keys = index_keys(index.fields)
    models = [IndexModel([*keys, ("_id", 1)], name=index_name(index.fields))]
    if index.is_unique:
        has_values = {name: {"$gt": ""} for name, _ in keys}
        name = f"unique:{index_name(index.fields)}"
        models.append(IndexModel(keys, name=name, unique=True, partialFilterExpression=has_values))
    return models


async def _compute_keys(motor: AsyncIOMotorCollection[Any], fields: Sequence[str]) -> None:
    for field in fields:
        older = motor.find({f"k.{field}": None}, hint=index_name(fields))
        while found := await older.to_list(_AT_ONCE):
            await motor.bulk_write(
                [
                    UpdateOne({"_id": stored["_id"], "v": stored["v"]}, recomputed_keys(fields, stored))
                    for stored in found
                ]
            )
