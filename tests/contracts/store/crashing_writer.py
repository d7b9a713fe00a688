"""A program that writes to a store until it is killed; says on standard output what was acknowledged.

python -m tests.contracts.store.crashing_writer URL pairs|half ROUND
"""

import asyncio
import sys

from shared.store import open_store
from shared.store.port import Store
from tests.contracts.store.things import COUNTS, DECLARED, PLAIN, THINGS


async def write_pairs(store: Store, round: str) -> None:
    """Pairs of documents and a count, and single inserts, for ever."""
    for n in range(1_000_000):
        async with store.transaction() as transaction:
            await transaction.insert(PLAIN, f"{round}:{n}", {"n": n})
            await transaction.increment(COUNTS, {round: {"pairs": 1}})
            await transaction.insert(THINGS, f"{round}:{n}", {"n": n})
        await store.insert_each(PLAIN, [(f"{round}:each:{n}", {"n": n})])
        say(f"{n}\n")


async def write_half(store: Store, round: str) -> None:
    """A transaction that never ends."""
    async with store.transaction() as transaction:
        await transaction.insert_many(PLAIN, [(f"{round}:{n}", {"n": n}) for n in range(5000)])
        await transaction.increment(COUNTS, {round: {"pairs": 1}})
        say("half\n")
        await asyncio.Event().wait()


def say(line: str) -> None:
    """Tell it before anything else can happen."""
    sys.stdout.write(line)
    sys.stdout.flush()


async def main(url: str, mode: str, round: str) -> None:
    """Write in the way that ``mode`` names."""
    store = open_store(url)
    await store.open(DECLARED)
    await {"pairs": write_pairs, "half": write_half}[mode](store, round)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
