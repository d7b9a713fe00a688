"""The driver's errors as the port's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.errors import BulkWriteError, ConnectionFailure, InvalidOperation, OperationFailure, PyMongoError

from shared.errors import RetryLater
from shared.store.port import Collection, TransactionConflict
from shared.store.refusals import duplicate

BAD_VALUE = 2
DUPLICATE_KEY = 11000

_PASSING = {24, 50, 64, 112, 251, 388, 11600, 11601, 11602, 14031}
"""Limits of locks and time, write conflicts, a cache that is full just now, interruptions (also by an operator's
killOp), a full disk."""


@contextmanager
def refusing_duplicates(collection: Collection, items: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """Around the write of ``items``, whose ids come first."""
    try:
        yield
    except OperationFailure as error:
        if DUPLICATE_KEY in codes(error):
            raise duplicate(collection, [id for id, *_ in items]) from error
        raise


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as the port's."""
    try:
        yield
    except InvalidOperation as error:
        raise RuntimeError(f"the store is closed: {error}") from error
    except ConnectionFailure as error:
        reason, _, _ = str(error).partition(", Timeout: ")  # then comes a description of the whole topology
        raise RetryLater(f"暂时连不上 MongoDB：{reason}") from error
    except PyMongoError as error:
        if error.has_error_label("TransientTransactionError"):
            raise TransactionConflict(f"另一个事务先写入了相同的文档（{error}）") from error
        is_passing = isinstance(error, OperationFailure) and codes(error) <= _PASSING
        if is_passing or error.has_error_label("UnknownTransactionCommitResult"):
            raise RetryLater(f"MongoDB 暂时不能完成写入：{error}") from error
        raise


def codes(error: OperationFailure) -> set[int | None]:
    if isinstance(error, BulkWriteError):
        details = error.details
        return {one["code"] for one in [*details["writeErrors"], *details["writeConcernErrors"]]}
    return {error.code}


def is_away(error: BaseException) -> bool:
    """Whether the server could not be reached."""
    return isinstance(error.__cause__, ConnectionFailure)
