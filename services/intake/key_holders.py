"""Which sealing key each process of intake wraps with: an old one is destroyed only when no process uses it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.background import Background
from shared.errors import RetryLater
from shared.events import rfc3339
from shared.metrics import INTAKE_KEY_ROTATING
from shared.platform import Clock, Health
from shared.privacy import Privacy
from shared.privacy.facade import LiveKeys
from shared.store.port import Collection, Reader, Store, Transaction
from shared.store.retrying import in_transaction

KEY_HOLDERS = Collection("intake.key_holders")
REPORT_EVERY_S = 5.0
GONE_AFTER = timedelta(seconds=60)
"""A process that hasn't reported for so long is gone; should it wake again, it looks at the file first."""


class KeyHolder:
    """Reports what this process wraps with, from its start to its stop."""

    name = "intake.keys"

    def __init__(
        self, *, keys: LiveKeys, privacies: Mapping[str, Privacy], store: Store, clock: Clock
    ) -> None:
        self._id = secrets.token_hex(8)
        self._keys = keys
        self._privacies = privacies
        self._store = store
        self._clock = clock
        self._background = Background(self.name)

    async def start(self) -> None:
        """Report every few seconds from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """This process wraps no more."""
        await self._background.cancel()
        with contextlib.suppress(RetryLater):  # the report grows old
            await in_transaction(self._store, lambda transaction: transaction.delete(KEY_HOLDERS, self._id))

    def health(self) -> Health:
        """Ready also while the store is away: it reports again."""
        return self._background.health()

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""
        return self._background.crashed

    async def _run(self) -> None:
        while True:
            for id in self._privacies:
                INTAKE_KEY_ROTATING.labels(id).set(bool(self._keys.content().campaign(id).sealing_before))
            with contextlib.suppress(RetryLater):
                await in_transaction(self._store, self._report)
            await asyncio.sleep(REPORT_EVERY_S)

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
    since, count, cursor = rfc3339(now - GONE_AFTER), 0, None
    while True:
        page = await reader.find(KEY_HOLDERS, {}, cursor=cursor)
        for document in page.documents:
            key_id = document.body["key_ids"].get(campaign)
            count += document.body["at"] >= since and key_id not in (None, current_id.hex())
        if (cursor := page.cursor) is None:
            return count
