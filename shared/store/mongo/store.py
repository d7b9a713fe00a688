"""The store: connection, transactions, single inserts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import BulkWriteError, ConfigurationError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from shared.store.declarations import check_new
from shared.store.grouping import Grouping
from shared.store.mongo.documents import Stored
from shared.store.mongo.errors import DUPLICATE_KEY, codes, is_away, translated
from shared.store.mongo.opened import Opened, create
from shared.store.mongo.reader import MongoReader, Session
from shared.store.mongo.transaction import MongoTransaction
from shared.store.port import Collection, Counters, NewBody
from shared.store.standing import Holders
from shared.store.uninterrupted import started

Result = TypeVar("Result")

_WRITE = WriteConcern("majority", j=True)


class MongoStore(MongoReader):
    """Documents in the database that ``url`` names (``mongodb://host:27017/database?replicaSet=rs0``).

    Writes are acknowledged by a majority with their journals; transactions read a snapshot. A server that is
    away is waited for 3 s, and an answer 20 s, then RetryLater; the connection comes back by itself.

    Hazards: a transaction of a client that was killed holds its documents until the server gives it up
    (``transactionLifetimeLimitSeconds``, 60 by default), and one that runs longer is given up too. A document
    that a process without a new index wrote meanwhile is found by that index after the next ``open``.
    """

    def __init__(self, url: str) -> None:
        super().__init__(Opened())
        self._url = url
        self._client: AsyncIOMotorClient[Any] | None = None
        self._holders = Holders()
        self._groupings: dict[str, Grouping[list[Stored], list[bool]]] = {}
        self._endings: set[asyncio.Future[None]] = set()

    async def open(self, collections: Sequence[Collection | Counters]) -> None:
        """As the port says; further collections may be opened later.

        Raises ValueError for a URL without a database and for a server that isn't of a replica set.
        """
        check_new(self.opened.declared, collections)
        with translated():
            database = await self._connected()
            for declared in collections:
                await create(database, declared)
        for declared in collections:
            self.opened.add(declared, database[declared.name])

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MongoTransaction]:
        """As the port says."""
        self._holders.check()
        with self._holders.held():
            with translated():
                session = await self._connection().start_session()
            session.start_transaction(ReadConcern("snapshot"), _WRITE, ReadPreference.PRIMARY)
            transaction = MongoTransaction(self.opened, session)
            try:
                yield transaction
                await transaction.commit()
            except BaseException as error:
                # Whatever leaves the block, a cancellation above all: its documents would be held for a minute.
                await self._roll_back(transaction, error)
                raise

    async def insert_each(self, collection: Collection, items: Sequence[tuple[str, NewBody]]) -> list[bool]:
        """As the port says; calls that come while another writes are written together.

        Hazard: after a RetryLater the documents may stand all the same; the repeat then gives False.
        """
        self._holders.check()
        documents = list(self.opened.new(collection, items))
        grouping = self._groupings.get(collection.name)
        if grouping is None:
            insert = partial(_insert_group, self.opened.motor(collection))
            grouping = self._groupings[collection.name] = Grouping(insert, asyncio.Lock())
        return await grouping.submit(documents)

    async def close(self) -> None:
        """As the port says."""
        await self._holders.all_ended()
        for grouping in self._groupings.values():
            await grouping.written()
        if self._endings:
            await asyncio.wait(self._endings)
        if self._client is not None:
            self._client.close()

    async def _call(self, work: Callable[[Session], Awaitable[Result]]) -> Result:
        with translated():
            return await work(None)

    async def _roll_back(self, transaction: MongoTransaction, error: BaseException) -> None:
        ending = started(transaction.roll_back())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        if not is_away(error):  # nobody would answer for seconds
            await asyncio.shield(ending)

    def _connection(self) -> AsyncIOMotorClient[Any]:
        if self._client is None:
            raise RuntimeError("open the store before it is used")
        return self._client

    async def _connected(self) -> AsyncIOMotorDatabase[Any]:
        try:
            if self._client is None:
                self._client = AsyncIOMotorClient(
                    self._url,
                    serverSelectionTimeoutMS=3_000,
                    connectTimeoutMS=3_000,
                    socketTimeoutMS=20_000,
                )
            database = self._client.get_default_database(
                read_preference=ReadPreference.PRIMARY,
                read_concern=ReadConcern("majority"),
                write_concern=_WRITE,
            )
        except (ConfigurationError, ValueError) as error:
            raise ValueError(
                f"存储地址不对，应为 mongodb://主机:端口/数据库?replicaSet=名称：{error}"
            ) from error
        if "setName" not in await database.command("hello"):
            raise ValueError(
                "MongoDB 不是副本集的成员，不能用作存储：请用 --replSet 启动它，再执行 rs.initiate()"
            )
        return database


async def _insert_group(
    motor: AsyncIOMotorCollection[Any], calls: Sequence[Sequence[Stored]]
) -> list[list[bool]]:
    """Insert all in one round trip, and deal the outcomes out again."""
    documents = [document for call in calls for document in call]
    refused = await _insert_unordered(motor, documents)
    outcomes = (place not in refused for place in range(len(documents)))
    return [[next(outcomes) for _ in call] for call in calls]


async def _insert_unordered(motor: AsyncIOMotorCollection[Any], documents: list[Stored]) -> set[int]:
    """Insert what can be inserted; the places of the others. A member of a replica set keeps the order."""
    if not documents:
        return set()
    with translated():
        try:
            await motor.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if codes(error) != {DUPLICATE_KEY}:
                raise
            return {refusal["index"] for refusal in error.details["writeErrors"]}
    return set()
