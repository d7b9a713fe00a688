"""Running a transaction until it doesn't lose."""

from pathlib import Path

import pytest

from shared.errors import RetryLater
from shared.store import open_store
from shared.store.port import Collection, Transaction, TransactionConflict
from shared.store.retrying import in_transaction

THINGS = Collection("tests.things")


async def test_a_transaction_that_lost_is_run_again(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    await store.open([THINGS])
    attempts = 0

    async def lose_twice(transaction: Transaction) -> str:
        nonlocal attempts
        attempts += 1
        await transaction.insert(THINGS, "a", {"attempt": attempts})
        if attempts < 3:
            raise TransactionConflict("another one was first")
        return "done"

    assert await in_transaction(store, lose_twice) == "done"
    document = await store.get(THINGS, "a")
    assert document is not None
    assert document.body == {"attempt": 3}
    await store.close()


@pytest.mark.parametrize(
    ("error", "expected"), [(TransactionConflict("lost"), 4), (RetryLater("away"), 1), (ValueError("bug"), 1)]
)
async def test_it_gives_up(tmp_path: Path, error: Exception, expected: int) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    await store.open([THINGS])
    attempts = 0

    async def lose(transaction: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        raise error

    with pytest.raises(type(error), match=str(error)):
        await in_transaction(store, lose, max_attempts=4)
    assert attempts == expected
    await store.close()
