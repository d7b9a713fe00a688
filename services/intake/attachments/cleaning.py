"""Removes what isn't needed: uploads whose time is over, and the files of what was withdrawn or given up."""

from __future__ import annotations

from functools import partial

from services.intake.attachments.entering import discard
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.store import REMOVALS, UPLOADS
from services.intake.attachments.threads import in_thread
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import rfc3339
from shared.logging import get_logger
from shared.real_time import RealClock
from shared.store.port import Range, Store, Transaction
from shared.store.retrying import in_transaction

LOOK_EVERY_S = 30.0
AT_ONCE = 100


class Cleaner(BackgroundComponent):
    """What is withdrawn is unreadable at once, by its key; this gives its room on the disk free."""

    name = "intake.attachments"

    def __init__(self, files: SealedFiles, store: Store, clock: RealClock) -> None:
        super().__init__()
        self._files = files
        self._store = store
        self._clock = clock

    async def clean(self) -> None:
        """Remove all that is due. Raises RetryLater."""
        while expired := await self._expired():
            for id in expired:
                await in_transaction(self._store, partial(_expire, upload_id=id))
        while doomed := (await self._store.find(REMOVALS, {}, limit=AT_ONCE)).documents:
            ids = [document.id for document in doomed]
            await in_thread(self._remove, ids)
            await in_transaction(self._store, partial(_removed, ids=ids))

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self.clean()
            except RetryLater as error:
                get_logger(self.name).warning("cleaning-waits", reason=str(error))
                await backoff.wait()
                continue
            backoff.reset()
            await self._pause(LOOK_EVERY_S)

    async def _expired(self) -> list[str]:
        until = Range(lt=rfc3339(self._clock()))
        page = await self._store.find(UPLOADS, {"expires_at": until}, order_by="expires_at", limit=AT_ONCE)
        return [document.id for document in page.documents]

    def _remove(self, ids: list[str]) -> None:
        for id in ids:
            self._files.remove(id)


async def _expire(transaction: Transaction, upload_id: str) -> None:
    """What is whole is an attachment by now, and only the memory of how it came is dropped."""
    await discard(transaction, upload_id)
    await transaction.delete_many(UPLOADS, [upload_id])


async def _removed(transaction: Transaction, ids: list[str]) -> None:
    await transaction.delete_many(REMOVALS, ids)
