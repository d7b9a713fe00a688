"""Works uploaded workbooks off, one after the other, from where the last try left off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from services.intake.channels.excel import reading
from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.errors import UnknownVersion, WorkbookRefused
from services.intake.channels.excel.files import ImportFiles
from services.intake.channels.excel.forms import Forms
from services.intake.channels.excel.holding import Holding
from services.intake.channels.excel.importing import file_sealer
from services.intake.channels.excel.jobs import Job, JobState
from services.intake.channels.excel.layout import layout_in, layouts_of
from services.intake.channels.excel.messages import Opened, Task
from services.intake.channels.excel.progress import Progress
from services.intake.channels.excel.taking import Means, Taking
from services.intake.channels.excel.told import Rows
from services.intake.door import Door
from services.intake.own_points import OwnPoints
from services.intake.quarantine import Raw
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import NotFound, RetryLater
from shared.logging import get_logger
from shared.metrics import INTAKE_IMPORT_PROGRESS
from shared.privacy import KeyDestroyed, Privacy, SealBroken

LOOK_EVERY_S = 10.0
"""For jobs that a dead process left, and for results whose time is over."""


class Runner(BackgroundComponent):
    """The background component. A job is its file: who holds that works on it, in whichever process."""

    name = "intake.imports"

    def __init__(
        self,
        *,
        files: ImportFiles,
        progress: Progress,
        holding: Holding,
        means: Means,
        points: OwnPoints,
        doors: Mapping[str, Door],
        privacies: Mapping[str, Privacy],
    ) -> None:
        super().__init__()
        self._files = files
        self._progress = progress
        self._holding = holding
        self._means = means
        self._campaigns = points.campaigns
        self._points = points
        self._doors = doors
        self._privacies = privacies

    async def replay(self, raw: Raw) -> None:
        """Go on with a workbook that was held (a Replayer)."""
        await self._holding.release(raw)
        self.wake()

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                for id in await asyncio.to_thread(self._files.ids):
                    await self._work_if_free(id)
                await self._progress.expire()
            except RetryLater as error:
                await self._wait(backoff, error)
                continue
            backoff.reset()
            self._waiting_for = ""
            await self._pause(LOOK_EVERY_S)

    async def _work_if_free(self, id: str) -> None:
        with self._files.taken(id) as is_ours:
            if not is_ours:
                return
            job = await self._progress.job(id)
            if job is None:
                self._files.remove_orphan(id)
                return
            if job.state is JobState.HELD:
                job = await self._holding.looked_after(job)
            elif not job.has_ended:
                job = await self._work(job)
            if job.has_ended:
                self._files.remove(id)

    async def _work(self, job: Job) -> Job:
        """As far as it goes; the job as it stands then."""
        reason = None
        try:
            await self._read_through(job)
        except UnknownVersion as error:
            get_logger(self.name).info("import-held", job=job.id)
            return await self._holding.hold(job.id, error.version)
        except (WorkbookRefused, NotFound, SealBroken) as error:
            reason = str(error)
        finally:
            INTAKE_IMPORT_PROGRESS.set(0)
        get_logger(self.name).info("import-ended", job=job.id, is_refused=reason is not None)
        return await self._progress.ended(job.id, reason)

    async def _read_through(self, job: Job) -> None:
        """Read it; again from where it was, when the keys were rotated and that destroyed what wrapped its own."""
        try:
            await self._read(job)
        except KeyDestroyed:
            stands = await self._progress.job(job.id)
            if stands is None or stands.wrapped_key == job.wrapped_key:
                raise
            get_logger(self.name).info("import-reads-again-after-rotation", job=job.id)
            await self._read_through(stands)

    async def _read(self, job: Job) -> None:
        campaign = self._campaigns.get(job.campaign)
        if campaign is None:
            raise NotFound(f"没有活动“{job.campaign}”了。", code="unknown-campaign")
        self._points.check_read()
        layouts = layouts_of(campaign, job.edition)
        content = self._files.content(job.id, file_sealer(job, self._privacies[campaign.id]))
        since = job.progress_at if job.state is JobState.RUNNING else None
        taking: Taking | None = None
        task = Task(layouts, has_default_unit=job.unit is not None)
        async with contextlib.aclosing(reading.read(task, content)) as messages:
            async for message in messages:
                if isinstance(message, Opened):
                    job = await self._progress.opened(job.id, message)
                    taking = self._taking(job, message, layouts)
                elif taking is not None:
                    before, job = job, await self._take(taking, job, message, since)
                    since = since if job == before else None
                    INTAKE_IMPORT_PROGRESS.set(job.percent / 100)

    def _taking(self, job: Job, opened: Opened, layouts: Sequence[Layout]) -> Taking:
        forms = Forms(
            self._doors[job.campaign],
            job.campaign,
            job.edition,
            questionnaire_version=opened.questionnaire_version,
            consent_version=opened.consent_version,
        )
        layout = layout_in(layouts, opened.questionnaire_version)
        return Taking(self._means, layout, opened, job.unit, forms)

    async def _take(self, taking: Taking, job: Job, rows: Rows, since: str | None) -> Job:
        """``since``: when a try began whose end isn't known; what was registered from then on is this job's."""
        understood = taking.understood(rows)
        new = [(row, said) for row, said in understood if row.number > job.last_number]
        backoff = Backoff()
        while new:
            try:
                job = await self._progress.rows(job.id, await taking.results(job, new, since=since))
            except RetryLater as error:
                since = job.progress_at
                await self._wait(backoff, error)
                continue
            self._waiting_for = ""
            break
        return job

    async def _wait(self, backoff: Backoff, error: RetryLater) -> None:
        if str(error) != self._waiting_for:
            get_logger(self.name).warning("import-waits", reason=str(error))
        self._waiting_for = str(error)
        await backoff.wait()
