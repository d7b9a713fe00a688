"""The use cases of imports: upload a workbook, ask how far it is, get it back with the results."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from typing import NamedTuple
from uuid import uuid4

from services.intake.attachments.sealing import RecordSealer
from services.intake.channels.excel import store
from services.intake.channels.excel.errors import NotFinished, no_such_import, no_workbook
from services.intake.channels.excel.files import ImportFiles
from services.intake.channels.excel.forms import CHANNEL
from services.intake.channels.excel.jobs import Job
from services.intake.channels.excel.result import Results
from services.intake.channels.excel.store import JOBS
from shared.access import Access, Action, AuditTrail, Principal, Resource
from shared.campaign import Campaign
from shared.errors import NotFound
from shared.events import rfc3339
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

FILE_KEY_BYTES = 32
_FILE_FIELD = "import-file"


class JobPage(NamedTuple):
    """Some jobs, the latest first; ``cursor`` continues after them."""

    jobs: list[Job]
    cursor: str | None


class Imports:
    """Everybody's imports; each sees their own."""

    def __init__(
        self,
        *,
        campaigns: Mapping[str, Campaign],
        privacies: Mapping[str, Privacy],
        files: ImportFiles,
        results: Results,
        access: Access,
        store: Store,
        audit: AuditTrail,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._campaigns = campaigns
        self._privacies = privacies
        self._files = files
        self._results = results
        self._access = access
        self._store = store
        self._audit = audit
        self._clock = clock
        self._wake = wake

    async def begin(
        self,
        principal: Principal,
        *,
        campaign: str,
        edition: str,
        unit: str | None,
        content: AsyncIterable[bytes],
    ) -> Job:
        """Take a workbook; its rows are dealt with later. ``unit`` is for rows that name none.

        Raises NotFound, NotAllowed, StorageFull, RetryLater.
        """
        self._check(principal, campaign, edition, unit)
        id, file_key = uuid4().hex, os.urandom(FILE_KEY_BYTES)
        async with self._files.kept(id, RecordSealer(file_key, id, id), content) as size_bytes:
            sealer = self._privacies[campaign].sealer
            data_key = sealer.new_data_key(id)
            job = Job(
                id=id,
                sender=principal,
                owner=principal.subject,
                campaign=campaign,
                edition=edition,
                unit=unit,
                size_bytes=size_bytes,
                created_at=rfc3339(self._clock()),
                wrapped_key=data_key.wrapped,
                sealed_file_key=sealer.seal(data_key, id, _FILE_FIELD, file_key),
            )
            async with self._store.transaction() as transaction:
                await transaction.insert(JOBS, id, body_of(job))
        self._wake()
        return job

    async def find(self, principal: Principal, id: str) -> Job:
        """The import ``id``. Raises NotFound, also for somebody else's."""
        document = await self._store.get(JOBS, id)
        if document is None:
            raise no_such_import()
        job = store.job_of(document)
        if not self._access.is_allowed(principal, Action.READ_IMPORTS, _resource(job)):
            raise no_such_import()
        return job

    async def page(self, principal: Principal, *, cursor: str | None, limit: int) -> JobPage:
        """The principal's own imports."""
        page = await self._store.find(
            JOBS,
            {"owner": principal.subject},
            order_by="created_at",
            descending=True,
            limit=limit,
            cursor=cursor,
        )
        return JobPage([store.job_of(document) for document in page.documents], page.cursor)

    async def workbook(self, principal: Principal, id: str) -> AsyncIterator[bytes]:
        """The workbook with the results beside its rows; that it was opened is in the audit trail first.

        Raises NotFound, NotFinished, RetryLater.
        """
        job = await self.find(principal, id)
        if not job.has_ended:
            raise NotFinished
        if not job.has_workbook:
            raise no_workbook()

        async def work(transaction: Transaction) -> None:
            await self._audit.record(
                transaction,
                principal=principal,
                action=Action.READ_IMPORTS,
                resource=_resource(job),
                details={"rows": job.row_count},
                now=self._clock(),
            )

        await in_transaction(self._store, work)
        return self._results.workbook(job)

    def _check(self, principal: Principal, campaign: str, edition: str, unit: str | None) -> None:
        if campaign not in self._campaigns:
            raise NotFound(
                f"没有活动“{campaign}”；可用的有：{'、'.join(self._campaigns)}", code="unknown-campaign"
            )
        definition = self._campaigns[campaign]
        definition.questionnaire(edition)
        if unit is not None:
            definition.unit(unit)
        resource = Resource(kind="import", campaign=campaign, unit=unit or principal.unit, channel=CHANNEL)
        self._access.check(principal, Action.SUBMIT, resource)
        # Who couldn't see what became of it, as a channel's frontend, uses the interfaces for programs.
        own = Resource(kind="import", campaign=campaign, owner=principal.subject)
        self._access.check(principal, Action.READ_IMPORTS, own)


def file_sealer(job: Job, privacy: Privacy) -> RecordSealer:
    """What opens the uploaded file of a job that is to be worked on."""
    return RecordSealer(file_key(job, privacy), job.id, job.id)


def file_key(job: Job, privacy: Privacy) -> bytes:
    """The key of that file."""
    assert job.wrapped_key is not None
    assert job.sealed_file_key is not None
    data_key = privacy.sealer.unwrap(job.id, job.wrapped_key)
    return privacy.sealer.open(data_key, job.id, _FILE_FIELD, job.sealed_file_key)


def sealed_file_key(job: Job, privacy: Privacy, key: bytes) -> str:
    """The key of its file as a job keeps it."""
    assert job.wrapped_key is not None
    return privacy.sealer.seal(privacy.sealer.unwrap(job.id, job.wrapped_key), job.id, _FILE_FIELD, key)


def _resource(job: Job) -> Resource:
    return Resource(kind="import", id=job.id, campaign=job.campaign, unit=job.unit, owner=job.owner)
