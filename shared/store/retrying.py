"""Running a transaction until it doesn't lose."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.store.port import Store, Transaction, TransactionConflict

Result = TypeVar("Result")

FIRST_WAIT_S = 0.002
LONGEST_WAIT_S = 0.25


async def in_transaction(
    store: Store, work: Callable[[Transaction], Awaitable[Result]], *, max_attempts: int = 50
) -> Result:
    """Run ``work`` in a transaction, again from the start whenever another transaction won.

    ``work`` may run several times and so must have no effect but through its transaction. Raises the last
    TransactionConflict after ``max_attempts``; every other error ends it at once.
    """
    for attempt in range(1, max_attempts + 1):
        try:
            async with store.transaction() as transaction:
                result = await work(transaction)
        except TransactionConflict:
            if attempt == max_attempts:
                raise
            await asyncio.sleep(_wait_s(attempt))
        else:
            return result
    raise AssertionError("the loop returns or raises")


def _wait_s(attempt: int) -> float:
    """A random wait that doubles at most (full jitter, so that two losers don't meet again)."""
    return random.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt))  # noqa: S311 - not for secrets
