"""A transaction of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError

from shared.store.bodies import check_distinct, check_id
from shared.store.mongo.documents import Stored, in_parts, increments, shard_of
from shared.store.mongo.errors import BAD_VALUE, codes, refusing_duplicates, translated
from shared.store.mongo.opened import Opened
from shared.store.mongo.reader import MongoReader, Session
from shared.store.port import Collection, Counters, NewBody
from shared.store.refusals import moved
from shared.store.standing import Standing
from shared.store.uninterrupted import started

Result = TypeVar("Result")

_COMMIT_ATTEMPTS = 3


class MongoTransaction(MongoReader):
    """A transaction of a session. MongoDB aborts it after an error, and so do we."""

    def __init__(self, opened: Opened, session: AsyncIOMotorClientSession) -> None:
        super().__init__(opened)
        self._session = session
        self._standing = Standing()
        self._under_way: asyncio.Future[Any] | None = None

    async def insert(self, collection: Collection, id: str, body: NewBody) -> None:
        await self.insert_many(collection, [(id, body)])

    async def insert_many(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> None:
        parts = in_parts(self.opened.new(collection, items))
        motor = self.opened.motor(collection)
        first = next(parts, None)  # what can't be stored is refused before the server has heard of it
        if first is None:
            return

        async def work(session: Session) -> None:
            with refusing_duplicates(collection, items):
                writing = await _begun(_insert(motor, first, session))
                try:
                    for part in parts:  # each is made while the server writes the one before
                        await writing
                        writing = await _begun(_insert(motor, part, session))
                finally:
                    await writing

        await self._call(work)

    async def replace(self, collection: Collection, id: str, body: NewBody, *, version: int) -> None:
        await self.replace_many(collection, [(id, body, version)])

    async def replace_many(self, collection: Collection, items: Sequence[tuple[str, NewBody, int]]) -> None:
        motor = self.opened.motor(collection)
        check_distinct([id for id, _, _ in items])
        documents = self.opened.stored(collection, [(id, body, version + 1) for id, body, version in items])
        requests = [ReplaceOne({"_id": stored["_id"], "v": stored["v"] - 1}, stored) for stored in documents]

        async def work(session: Session) -> None:
            with refusing_duplicates(collection, items):
                result = await motor.bulk_write(requests, session=session)
            if result.matched_count < len(requests):
                raise moved(collection, [id for id, _, _ in items])

        if requests:
            await self._call(work)

    async def delete(self, collection: Collection, id: str, *, version: int | None = None) -> None:
        if version is None:
            await self.delete_many(collection, [id])
            return
        motor = self.opened.motor(collection)
        filter = {"_id": check_id(id), "v": version}

        async def work(session: Session) -> None:
            result = await motor.delete_one(filter, session=session)
            if not result.deleted_count:
                raise moved(collection, [id])

        await self._call(work)

    async def delete_many(self, collection: Collection, ids: Sequence[str]) -> None:
        await self._delete(collection, {"_id": {"$in": [check_id(id) for id in ids]}})

    async def increment(
        self, counters: Counters, amounts: Mapping[str, Mapping[str, int]], *, shard: int = 0
    ) -> None:
        motor = self.opened.motor(counters)
        requests = [
            UpdateOne({"_id": shard_of(check_id(id), shard)}, increments(fields), upsert=True)
            for id, fields in amounts.items()
            if fields
        ]

        async def work(session: Session) -> None:
            try:
                await motor.bulk_write(requests, session=session)
            except BulkWriteError as error:
                if BAD_VALUE in codes(error):
                    raise ValueError(f"a counter of {counters.name} would leave 64 bits") from error
                raise

        if requests:
            await self._call(work)

    async def clear(self, collection: Collection | Counters) -> None:
        await self._delete(collection, {})

    async def commit(self) -> None:
        self._standing.check_commit()
        self._standing.end()
        with translated():
            await self._shielded(self._commit())

    async def roll_back(self) -> None:
        """Leave nothing, once the call that was interrupted has ended."""
        self._standing.end()
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        if self._session.delegate.in_transaction:
            await self._session.abort_transaction()
        await self._session.end_session()

    async def _call(self, work: Callable[[Session], Awaitable[Result]]) -> Result:
        with self._standing.call(), translated():
            return await self._shielded(work(self._session))

    async def _shielded(self, work: Awaitable[Result]) -> Result:
        """The session's thread goes on when we are cancelled, and the session takes one call at a time."""
        under_way = started(work)
        self._under_way = under_way
        return await asyncio.shield(under_way)

    async def _commit(self) -> None:
        for attempt in range(1, _COMMIT_ATTEMPTS + 1):
            try:
                await self._session.commit_transaction()
            except PyMongoError as error:
                if attempt == _COMMIT_ATTEMPTS or not error.has_error_label("UnknownTransactionCommitResult"):
                    raise
            else:
                await self._session.end_session()
                return

    async def _delete(self, declared: Collection | Counters, filter: Stored) -> None:
        motor = self.opened.motor(declared)
        await self._call(lambda session: motor.delete_many(filter, session=session))


async def _begun(work: Awaitable[Result]) -> asyncio.Future[Result]:
    under_way = started(work)
    await asyncio.sleep(0)
    return under_way


async def _insert(motor: AsyncIOMotorCollection[Any], documents: Sequence[Stored], session: Session) -> None:
    """As the driver's ``insert_many``, which looks at each document on its own before it sends any.

    Raises OperationFailure, BulkWriteError.
    """
    answer = await motor.database.command("insert", motor.name, documents=documents, session=session)
    if refused := answer.get("writeErrors"):
        raise BulkWriteError({"writeErrors": refused, "writeConcernErrors": []})
