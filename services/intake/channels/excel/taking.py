"""Takes the rows of one workbook in, chunk by chunk: each gets a receipt or a reason, and both are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.forms import CHANNEL, Forms
from services.intake.channels.excel.jobs import Job, RowOutcome, RowResult
from services.intake.channels.excel.keeping import RowKeeping
from services.intake.channels.excel.messages import Opened
from services.intake.channels.excel.reasons import Reasons, joined
from services.intake.channels.excel.rows import Row, RowReader, Wrong
from services.intake.channels.excel.sealing import RowSealer
from services.intake.channels.excel.told import Rows
from services.intake.counting import count
from services.intake.form import Form
from services.intake.handlers import Answer, Submitting
from services.intake.model import Outcome, Receipt, submission_id
from shared.errors import DafangtanError, Invalid
from shared.privacy import DataKey

Said = Form | Wrong


class Became(NamedTuple):
    """A row, the source id that it tells, and what became of it."""

    row: Row
    source_id: str | None
    answer: Answer | Wrong


@dataclass(frozen=True, slots=True)
class Means:
    """What every workbook is taken in with."""

    submitting: Submitting
    keeping: RowKeeping
    sealer: RowSealer


class Taking:
    """One workbook's rows."""

    def __init__(
        self, means: Means, layout: Layout, opened: Opened, default_unit: str | None, forms: Forms
    ) -> None:
        self._means = means
        self._opened = opened
        self._forms = forms
        self._reader = RowReader(layout, opened.header.places, opened.header.kept, default_unit)
        self._reasons = Reasons(layout, opened.header.places)

    def understood(self, rows: Rows) -> list[tuple[Row, Said]]:
        """The rows with their forms; once for each row of the file, in its order."""
        return [
            (row, row.said if isinstance(row.said, Wrong) else self._forms.form(row.said))
            for row in self._reader.read(rows)
        ]

    async def results(
        self, job: Job, rows: Sequence[tuple[Row, Said]], *, since: str | None
    ) -> list[RowResult]:
        """What becomes of each row. Raises RetryLater: then all of it is right to be done again; KeyDestroyed: then
        too, with what is stored of the job now.

        ``since``: when a try before this one began that may have taken some of them in; what was registered from
        then on is this job's own.
        """
        forms = [said for _, said in rows if isinstance(said, Form)]
        answers = await self._means.submitting.submit_many(job.sender, forms)
        told = iter(answers)
        became = [
            Became(row, self._source_id(said), next(told) if isinstance(said, Form) else said)
            for row, said in rows
        ]
        await self._keep(job, became)
        count(job.sender, answers)
        key, seen = self._means.sealer.key_of(job), set[str]()
        return [self._result(job, key, each, since, seen) for each in became]

    async def _keep(self, job: Job, became: Sequence[Became]) -> None:
        """Put into quarantine what may be somebody's answer and has their consent."""
        refused = [
            (row, source_id, self._reason(row, answer))
            for row, source_id, answer in became
            if isinstance(answer, Invalid) or (isinstance(answer, Wrong) and answer.has_consented)
        ]
        await self._means.keeping.keep(job, self._opened, refused)

    def _source_id(self, said: Said) -> str | None:
        return said.source_id if isinstance(said, Form) else self._forms.own_source_id(said)

    def _result(
        self,
        job: Job,
        key: DataKey,
        became: Became,
        since: str | None,
        seen: set[str],
    ) -> RowResult:
        row, source_id, answer = became
        if isinstance(answer, Wrong | DafangtanError):
            return self._refused(job, key, row, source_id, answer)
        outcome, receipt = answer
        is_new = outcome is Outcome.ACCEPTED or _is_own(receipt, since, seen)
        seen.add(receipt.code)
        return RowResult(
            row.number,
            RowOutcome.ACCEPTED if is_new else RowOutcome.REPEAT,
            receipt=receipt.code,
            sealed=self._means.sealer.seal_taken(receipt.registration, row.cells),
        )

    def _refused(
        self, job: Job, key: DataKey, row: Row, source_id: str | None, answer: Wrong | DafangtanError
    ) -> RowResult:
        """What somebody didn't consent to isn't kept, be it sealed."""
        reason = self._reason(row, answer)
        if isinstance(answer, Wrong) and not answer.has_consented:
            return RowResult(row.number, RowOutcome.REFUSED, reason=reason)
        return RowResult(
            row.number,
            RowOutcome.REFUSED,
            reason=reason,
            sealed=self._means.sealer.seal_refused(job, key, row.number, row.cells),
            submission_id=source_id and submission_id(job.campaign, CHANNEL, source_id),
        )

    def _reason(self, row: Row, answer: Answer | Wrong) -> str:
        if isinstance(answer, Wrong):
            return joined(answer.problems)
        assert isinstance(answer, DafangtanError)
        return self._reasons.of(row.number, answer)


def _is_own(receipt: Receipt, since: str | None, seen: set[str]) -> bool:
    """Whether a repeat is of what a broken-off try of this job took in."""
    return since is not None and receipt.registration.received_at >= since and receipt.code not in seen
