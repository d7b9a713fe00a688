"""Rows that can't be taken in but may be somebody's answer: kept in quarantine, tried again after the fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.forms import CHANNEL, Forms
from services.intake.channels.excel.jobs import Job
from services.intake.channels.excel.layout import layout_in, layouts_of
from services.intake.channels.excel.meanings import Meanings
from services.intake.channels.excel.messages import Opened
from services.intake.channels.excel.reasons import joined
from services.intake.channels.excel.rows import Filled, Row, RowReader
from services.intake.channels.excel.told import CellsOfRow, NewCells, Rows
from services.intake.door import Door
from services.intake.handlers import Submitting
from services.intake.model import Receipt
from services.intake.quarantine import Quarantine, Raw, Reason, Unaccepted
from services.intake.quarantine.model import RAW_LIMIT_BYTES
from shared.campaign import Campaign
from shared.errors import Invalid

ADAPTER = "excel"
MEDIA_TYPE = "application/json"


class KeptRow(msgspec.Struct, frozen=True):
    """A row as it arrived, with what else it takes to read it."""

    campaign: str
    edition: str
    unit: str | None
    questionnaire_version: str | None
    consent_version: str
    epoch: datetime
    number: int
    places: dict[str, int]
    cells: list[Any]
    problem: str | None = None


class RowKeeping:
    """Keeps refused rows, and takes them in again."""

    def __init__(
        self,
        *,
        quarantine: Quarantine,
        submitting: Submitting,
        campaigns: Mapping[str, Campaign],
        doors: Mapping[str, Door],
    ) -> None:
        self._quarantine = quarantine
        self._submitting = submitting
        self._campaigns = campaigns
        self._doors = doors

    async def keep(self, job: Job, opened: Opened, refused: Sequence[tuple[Row, str | None, str]]) -> None:
        """Keep rows, each with its source id where it has one and the reason. Raises RetryLater."""
        several = [
            Unaccepted(self._raw(job, opened, row, source_id), Reason.CONTENT_ERRORS, reason)
            for row, source_id, reason in refused
        ]
        some = [each for each in several if len(each.raw.content) <= RAW_LIMIT_BYTES]
        if some:
            await self._quarantine.keep_many(some)

    async def replay(self, raw: Raw) -> Receipt:
        """Take in what was kept (a Replayer)."""
        kept = msgspec.json.decode(raw.content, type=KeptRow)
        campaign = self._campaigns[kept.campaign]
        layout = layout_in(layouts_of(campaign, kept.edition), kept.questionnaire_version)
        forms = Forms(
            self._doors[campaign.id],
            campaign.id,
            kept.edition,
            questionnaire_version=kept.questionnaire_version,
            consent_version=kept.consent_version,
        )
        _, receipt = await self._submitting.submit(raw.sent_by, forms.form(_read(kept, layout)))
        return receipt

    def _raw(self, job: Job, opened: Opened, row: Row, source_id: str | None) -> Raw:
        kept = KeptRow(
            campaign=job.campaign,
            edition=job.edition,
            unit=job.unit,
            questionnaire_version=opened.questionnaire_version,
            consent_version=opened.consent_version,
            epoch=opened.epoch,
            number=row.number,
            places=opened.header.kept_places,
            cells=row.cells,
            problem=row.problem,
        )
        return Raw(
            campaign=job.campaign,
            channel=CHANNEL,
            adapter=ADAPTER,
            content=msgspec.json.encode(kept),
            media_type=MEDIA_TYPE,
            sent_by=job.sender,
            source_id=source_id,
        )


def _read(kept: KeptRow, layout: Layout) -> Filled:
    """Raises Invalid."""
    new = NewCells()
    numbers = [new.number(place, value) for place, value in enumerate(kept.cells) if value != ""]
    cells, found = new.taken(), CellsOfRow(kept.number, numbers, kept.problem)
    Meanings(layout, kept.places, [], kept.epoch).understand(cells)
    reader = RowReader(layout, kept.places, range(len(kept.cells)), kept.unit)
    for row in reader.read(Rows(cells, [found], is_anew=True)):
        if isinstance(row.said, Filled):
            return row.said
        raise Invalid(joined(row.said.problems))
    raise Invalid("这一行没有内容。")
