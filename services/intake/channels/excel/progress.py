"""Writes down how far imports are, so that whatever stops one, the next try goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.intake.channels.excel import store
from services.intake.channels.excel.jobs import Job, JobState, RowOutcome, RowResult
from services.intake.channels.excel.messages import Opened
from services.intake.channels.excel.store import JOBS
from shared.events import rfc3339
from shared.metrics import INTAKE_IMPORT_ROWS
from shared.platform import Clock
from shared.store.port import Range, Store, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

EXPIRED_AT_ONCE = 20


class Progress:
    """Every method raises RetryLater when the store is away, and may then be called again."""

    def __init__(self, store: Store, clock: Clock, keep_for: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._keep_for = keep_for

    async def job(self, id: str) -> Job | None:
        """The job as it stands."""
        document = await self._store.get(JOBS, id)
        return None if document is None else store.job_of(document)

    async def opened(self, id: str, opened: Opened) -> Job:
        """The workbook's headers are understood."""
        at = rfc3339(self._clock())
        return await self._change(id, lambda job: job.opened(opened, at))

    async def rows(self, id: str, results: list[RowResult]) -> Job:
        """Some rows more, with what became of them. Nothing where a write that seemed to fail stands after all."""
        at = rfc3339(self._clock())

        async def work(transaction: Transaction) -> Job:
            job, version = await _standing(transaction, id)
            if job.last_number >= results[-1].number:
                return job
            changed = job.with_rows(results, at)
            await store.add_chunk(transaction, job, results)
            await transaction.replace(JOBS, id, body_of(changed), version=version)
            return changed

        changed = await in_transaction(self._store, work)
        for outcome in RowOutcome:
            count = sum(result.outcome is outcome for result in results)
            INTAKE_IMPORT_ROWS.labels(outcome).inc(count)
        return changed

    async def held(self, id: str, reason: str, held_as: str) -> Job:
        """It waits for its version to be known, its file's key in quarantine."""
        return await self._change(id, lambda job: job.held(reason, held_as))

    async def released(self, id: str, sealed_file_key: str) -> Job:
        """It can be read now; nothing where it was released before."""
        return await self._change(
            id, lambda job: job.released(sealed_file_key) if job.state is JobState.HELD else job
        )

    async def given_up(self, id: str, reason: str) -> Job:
        """Nobody will read it any more; nothing where it was released meanwhile."""
        now = self._clock()
        return await self._change(
            id, lambda job: job.ended(reason, now, self._keep_for) if job.state is JobState.HELD else job
        )

    async def ended(self, id: str, reason: str | None) -> Job:
        """That was all; ``reason`` when it can't be read."""
        now = self._clock()
        return await self._change(
            id, lambda job: job if job.has_ended else job.ended(reason, now, self._keep_for)
        )

    async def expire(self) -> None:
        """Let the results go whose time is over."""
        until = rfc3339(self._clock())

        async def work(transaction: Transaction) -> int:
            page = await transaction.find(
                JOBS, {"expires_at": Range(gte="", lt=until)}, order_by="expires_at", limit=EXPIRED_AT_ONCE
            )
            for document in page.documents:
                job = store.job_of(document)
                await store.erase_rows(transaction, job)
                await transaction.replace(JOBS, job.id, body_of(job.expired()), version=document.version)
            return len(page.documents)

        while await in_transaction(self._store, work) == EXPIRED_AT_ONCE:
            pass

    async def _change(self, id: str, change: Callable[[Job], Job]) -> Job:
        async def work(transaction: Transaction) -> Job:
            job, version = await _standing(transaction, id)
            changed = change(job)
            if changed != job:
                await transaction.replace(JOBS, id, body_of(changed), version=version)
            return changed

        return await in_transaction(self._store, work)


async def _standing(transaction: Transaction, id: str) -> tuple[Job, int]:
    document = await transaction.get(JOBS, id)
    assert document is not None, "jobs are never removed"
    return store.job_of(document), document.version
