"""Rebuilding a service's folds from the log beside those that stand, and putting right what differs.

A fold is made anew in memory, of the very events that the standing one has read; nobody sees anything of it. Only
where the two differ is the standing one written to, in one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.consuming import Anew, Runner
from shared.errors import Invalid
from shared.http import Service
from shared.log.port import EventLog
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction

LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The digests of the folds as they stood and as they are now, and of how many events they are made."""

    before: str
    after: str
    event_count: int

    @property
    def is_equal(self) -> bool:
        """Whether the rebuilt folds are what stood."""
        return self.before == self.after


def runners_of(service: Service) -> list[Runner]:
    """The service's consumers. Raises Invalid where its store isn't a fold of the log."""
    runners = [component for component in service.components if isinstance(component, Runner)]
    if not runners:
        raise Invalid(
            f"{service.name} 的数据不能由事件日志重建：intake、release 保存的是原始登记和审批，请用备份恢复；"
            "analytics 的数据在内存里，每次启动都由日志重建，重启即可。"
        )
    return runners


async def rebuild(runners: Sequence[Runner], log: EventLog, store: Store) -> Rebuilt:
    """Fold anew what the consumers have read, and let the result stand in the place of what stood.

    Consumers that run meanwhile go on until the end, which takes in what they have read by then and holds them for as
    long as it takes to compare. Raises RetryLater.
    """
    folds = [Anew(runner, log, store) for runner in runners]
    for fold in folds:
        await fold.prepare()

    async def put_in_place(transaction: Transaction) -> Rebuilt:
        done = [await fold.put_in_place(transaction) for fold in folds]
        return Rebuilt(
            _of_all(digest for each in done for digest in each.stood),
            _of_all(digest for each in done for digest in each.stands),
            sum(each.event_count for each in done),
        )

    return await in_transaction(store, put_in_place)


async def read_to_end(runner: Runner, look: Callable[[], Awaitable[None]] | None = None) -> None:
    """Run ``runner`` until it has caught up with the log, and ``look`` now and then. Raises what crashed it."""
    await runner.start()
    try:
        while not await runner.caught_up():
            if runner.crashed is not None:
                raise runner.crashed
            if look is not None:
                await look()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await runner.stop()


def _of_all(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()
