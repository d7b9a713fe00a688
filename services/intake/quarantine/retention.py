"""The end of what nobody settled: kept so long and no longer, and how much waits meanwhile."""

from __future__ import annotations

from datetime import timedelta

from services.intake.quarantine.model import ItemState, Step
from services.intake.quarantine.store import ITEMS, item_of, settle, waiting_count
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import rfc3339
from shared.logging import get_logger
from shared.metrics import INTAKE_QUARANTINE_WAITING
from shared.platform import Clock
from shared.store.port import Range, Store, Transaction, Where
from shared.store.retrying import in_transaction

LOOK_EVERY_S = 60.0
AT_ONCE = 200


class Retention(BackgroundComponent):
    """Destroys the content of items that wait for longer than ``keep_for``; shows how many wait."""

    name = "intake.quarantine"

    def __init__(self, *, store: Store, clock: Clock, keep_for: timedelta) -> None:
        super().__init__()
        self._store = store
        self._clock = clock
        self._keep_for = keep_for

    async def expire(self) -> int:
        """Destroy what has waited for too long; how many items. Raises RetryLater."""
        until = rfc3339(self._clock() - self._keep_for)

        async def work(transaction: Transaction) -> int:
            where: Where = {"state": ItemState.WAITING.value, "kept_at": Range(lt=until)}
            page = await transaction.find(ITEMS, where, order_by="kept_at", limit=AT_ONCE)
            expired = [(item_of(each).after(Step.EXPIRE), each.version) for each in page.documents]
            if expired:
                await settle(transaction, expired)
            return len(expired)

        total = 0
        while (expired := await in_transaction(self._store, work)) == AT_ONCE:
            total += expired
        return total + expired

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                expired = await self.expire()
                INTAKE_QUARANTINE_WAITING.set(await waiting_count(self._store))
            except RetryLater:
                await backoff.wait()
                continue
            backoff.reset()
            if expired:
                get_logger(self.name).warning("quarantine-expired", items=expired)
            await self._pause(LOOK_EVERY_S)
