"""Workbooks of a version of the questionnaire that isn't known: held as they came, read once it is.

The file stays where it is, sealed. Its key goes into the quarantine: there the workbook is listed, counted, replayed or
discarded like anything else that couldn't be accepted; and where it is discarded, or its time is over, nobody can open
the file any more.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from services.intake.channels.excel.forms import CHANNEL
from services.intake.channels.excel.importing import file_key, sealed_file_key
from services.intake.channels.excel.jobs import Job
from services.intake.channels.excel.progress import Progress
from services.intake.quarantine import Quarantine, Raw, Reason
from shared.campaign import Campaign
from shared.errors import Invalid
from shared.privacy import Privacy

ADAPTER = "excel-workbook"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DETAIL = "不认识这份工作簿的问卷版本。"
_HELD = (
    "暂不认识这份工作簿的问卷版本，整份文件已封存待处理（隔离区编号 {}）；版本确认后继续处理，不必重新上传。"
)
_GIVEN_UP = "不认识这份工作簿的问卷版本；封存的文件已弃置，或已过保存期限，内容已销毁。"


class HeldWorkbook(msgspec.Struct, frozen=True):
    """What the quarantine keeps of a workbook."""

    job: str
    file_key: bytes
    edition: str
    questionnaire_version: str


class Holding:
    """Holds workbooks, and releases them. Every method raises RetryLater."""

    def __init__(
        self,
        *,
        quarantine: Quarantine,
        progress: Progress,
        campaigns: Mapping[str, Campaign],
        privacies: Mapping[str, Privacy],
    ) -> None:
        self._quarantine = quarantine
        self._progress = progress
        self._campaigns = campaigns
        self._privacies = privacies

    async def hold(self, id: str, version: str) -> Job:
        """Keep the workbook of the job ``id`` until ``version`` is known. Done again, it is the same item."""
        job = await self._job(id)
        key = file_key(job, self._privacies[job.campaign])
        raw = Raw(
            campaign=job.campaign,
            channel=CHANNEL,
            adapter=ADAPTER,
            content=msgspec.json.encode(HeldWorkbook(job.id, key, job.edition, version)),
            media_type=MEDIA_TYPE,
            sent_by=job.sender,
            file_bytes=job.size_bytes,
        )
        held_as = await self._quarantine.keep(raw, Reason.UNKNOWN_FORM_VERSION, _DETAIL)
        return await self._progress.held(id, _HELD.format(held_as), held_as)

    async def looked_after(self, job: Job) -> Job:
        """A held ``job`` as it stands: given up when the quarantine has let go of it."""
        assert job.held_as is not None
        if await self._quarantine.is_waiting(job.held_as):
            return job
        return await self._progress.given_up(job.id, _GIVEN_UP)

    async def release(self, raw: Raw) -> None:
        """Let a held workbook be read. Raises Invalid as long as its version isn't known."""
        held = msgspec.json.decode(raw.content, type=HeldWorkbook)
        versions = self._campaigns[raw.campaign].questionnaire(held.edition).versions
        if held.questionnaire_version not in versions:
            raise Invalid(_DETAIL, code="unknown-form-version")
        job = await self._job(held.job)
        key = sealed_file_key(job, self._privacies[raw.campaign], held.file_key)
        await self._progress.released(job.id, key)

    async def _job(self, id: str) -> Job:
        job = await self._progress.job(id)
        assert job is not None, "jobs are never removed"
        return job
