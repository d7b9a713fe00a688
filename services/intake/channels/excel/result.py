"""The workbook as it comes back: each row where it was, and beside it a receipt with its code, or the reason.

Rows and columns stay in their places, so that the cells that reasons name are found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from services.intake.channels.excel import store
from services.intake.channels.excel.columns import RESULT_HEADERS
from services.intake.channels.excel.jobs import OUTCOME_NAMES, Job, RowOutcome, RowResult
from services.intake.channels.excel.sealing import RowSealer
from services.intake.channels.excel.sheet import SheetWriter
from services.intake.model import Registration
from services.intake.store import REGISTRATIONS, registration_of
from shared.privacy import DataKey, Privacy
from shared.store.port import Store

_WITHDRAWN = "已撤回，内容不再可读"


class Results:
    """Makes workbooks of what became of rows."""

    def __init__(self, store: Store, sealer: RowSealer, privacies: Mapping[str, Privacy]) -> None:
        self._store = store
        self._sealer = sealer
        self._privacies = privacies

    async def workbook(self, job: Job) -> AsyncIterator[bytes]:
        """The file, part by part."""
        titles = [f"{text}（{id}）" for id, text in RESULT_HEADERS.items()]
        writer = SheetWriter([*job.titles, *titles], header=job.header_number)
        key = self._sealer.key_of(job)
        for index in range(job.chunks_count):
            results = await store.chunk(self._store, job.id, index)
            yield await asyncio.to_thread(writer.rows, await self._rows(job, key, results))
        yield await asyncio.to_thread(writer.end)

    async def _rows(
        self, job: Job, key: DataKey, results: Sequence[RowResult]
    ) -> list[tuple[int, list[Any]]]:
        codes = [result.receipt for result in results if result.receipt is not None]
        documents = await self._store.get_many(REGISTRATIONS, codes)
        registrations = {code: registration_of(document) for code, document in documents.items()}
        return await asyncio.to_thread(self._opened, job, key, results, registrations)

    def _opened(
        self,
        job: Job,
        key: DataKey,
        results: Sequence[RowResult],
        registrations: Mapping[str, Registration],
    ) -> list[tuple[int, list[Any]]]:
        return [(result.number, self._row(job, key, result, registrations)) for result in results]

    def _row(
        self, job: Job, key: DataKey, result: RowResult, registrations: Mapping[str, Registration]
    ) -> list[Any]:
        outcome, reason, code = OUTCOME_NAMES[result.outcome], result.reason, None
        if result.outcome is RowOutcome.REFUSED:
            cells: list[Any] | None = self._sealer.open_refused(job, key, result)
            reason = _WITHDRAWN if result.is_forgotten else reason
        else:
            cells = self._taken(result, registrations)
            reason = _WITHDRAWN if cells is None else ""
            code = None if cells is None else self._withdrawal_code(registrations[result.receipt or ""])
        blank = [""] * len(job.titles)
        return [*[*(cells or []), *blank][: len(blank)], outcome, result.receipt, code, reason]

    def _withdrawal_code(self, registration: Registration) -> str:
        """For the respondent, who wasn't there when the interview was taken in."""
        return self._privacies[registration.campaign].withdrawal_code(registration.submission_id)

    def _taken(self, result: RowResult, registrations: Mapping[str, Registration]) -> list[Any] | None:
        registration = registrations.get(result.receipt or "")
        if registration is None or result.sealed is None:
            return None
        return self._sealer.open_taken(registration, result.sealed)
