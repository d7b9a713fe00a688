"""Which sealing key each process of intake wraps with: an old one is destroyed only when no process uses it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.background import BackgroundComponent
from shared.errors import RetryLater
from shared.events import rfc3339
from shared.metrics import INTAKE_KEY_ROTATING
from shared.privacy import Privacy
from shared.privacy.facade import LiveKeys
from shared.real_time import RealClock
from shared.store.paging import all_documents
from shared.store.port import Collection, Reader, Store, Transaction
from shared.store.retrying import in_transaction

KEY_HOLDERS = Collection("intake.key_holders")
REPORT_EVERY_S = 5.0
GONE_AFTER = timedelta(seconds=60)
"""A process that hasn't reported for so long is gone; should it wake again, it looks at the file first."""


class KeyHolder(BackgroundComponent):
    """Reports what this process wraps with, from its start to its stop."""

    name = "intake.keys"

    def __init__(
        self, *, keys: LiveKeys, privacies: Mapping[str, Privacy], store: Store, clock: RealClock
    ) -> None:
        super().__init__()
        self._id = secrets.token_hex(8)
        self._keys = keys
        self._privacies = privacies
        self._store = store
        self._clock = clock

    async def stop(self) -> None:
        """This process wraps no more."""
        await super().stop()
        with contextlib.suppress(RetryLater):  # the report grows old
            await in_transaction(self._store, lambda transaction: transaction.delete(KEY_HOLDERS, self._id))

    async def _run(self) -> None:
        while True:
            for id in self._privacies:
                INTAKE_KEY_ROTATING.labels(id).set(bool(self._keys.content().campaign(id).sealing_before))
            with contextlib.suppress(RetryLater):
                await in_transaction(self._store, self._report)
            await self._pause(REPORT_EVERY_S)

    async def _report(self, transaction: Transaction) -> None:
        ids = {id: privacy.sealer.current_id.hex() for id, privacy in self._privacies.items()}
        body = {"key_ids": ids, "at": rfc3339(self._clock())}
        stands = await transaction.get(KEY_HOLDERS, self._id)
        if stands is None:
            await transaction.insert(KEY_HOLDERS, self._id, body)
        else:
            await transaction.replace(KEY_HOLDERS, self._id, body, version=stands.version)


async def holders_of_other_keys(reader: Reader, campaign: str, current_id: bytes, now: datetime) -> int:
    """How many living processes wrap with another key of ``campaign`` than the current one."""
    since, count = rfc3339(now - GONE_AFTER), 0
    async for document in all_documents(reader, KEY_HOLDERS, {}):
        key_id = document.body["key_ids"].get(campaign)
        count += document.body["at"] >= since and key_id not in (None, current_id.hex())
    return count
