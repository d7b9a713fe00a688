"""The documents of the message board."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from services.intake.channels.app_board.model import Reply, StoredPost, Thread
from shared.store.port import (
    Collection,
    Document,
    DuplicateId,
    Index,
    Store,
    Transaction,
    TransactionConflict,
    VersionMoved,
)
from shared.store.retrying import in_transaction

Result = TypeVar("Result")

POSTS = Collection("intake.app_posts", (Index(("thread", "received_at")),))
"""By submission id."""
THREADS = Collection(
    "intake.app_threads",
    (
        Index(("campaign", "is_waiting", "last_post_at")),
        Index(("campaign", "unit", "is_waiting", "last_post_at")),
    ),
)
REPLIES = Collection(
    "intake.app_replies", (Index(("campaign", "seq"), is_unique=True), Index(("thread", "seq")))
)
SEQUENCES = Collection("intake.app_sequences")
"""By campaign: the ``seq`` of its last reply."""
DELIVERIES = Collection("intake.app_deliveries")
"""By signing key: how far its webhook has got the replies, and who is delivering."""
NONCES = Collection("intake.app_nonces", (Index(("until_s",)),))

COLLECTIONS = (POSTS, THREADS, REPLIES, SEQUENCES, DELIVERIES, NONCES)


def post_of(document: Document) -> StoredPost:
    """The post in ``document``."""
    return msgspec.convert(document.body, StoredPost)


def thread_of(document: Document) -> Thread:
    """The thread in ``document``."""
    return msgspec.convert(document.body, Thread)


def reply_of(document: Document) -> Reply:
    """The reply in ``document``."""
    return msgspec.convert(document.body, Reply)


async def transact(store: Store, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run ``work`` in a transaction, again from the start when others wrote the same documents first."""

    async def guarded(transaction: Transaction) -> Result:
        try:
            return await work(transaction)
        except (DuplicateId, VersionMoved) as error:
            raise TransactionConflict(str(error)) from error

    return await in_transaction(store, guarded)
