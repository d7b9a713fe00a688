"""An import: one workbook's way from its upload to the last of its rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from services.intake.channels.excel.messages import Opened
from shared.access import Principal
from shared.events import rfc3339


class JobState(StrEnum):
    """How far an import has come."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    REFUSED = "refused"


STATE_NAMES = {
    JobState.WAITING: "等待处理",
    JobState.RUNNING: "正在处理",
    JobState.HELD: "待版本确认",
    JobState.DONE: "已完成",
    JobState.REFUSED: "无法读取",
}


class Step(StrEnum):
    """What happens to an import."""

    OPEN = "open"
    TAKE_ROWS = "take_rows"
    FINISH = "finish"
    HOLD = "hold"
    RELEASE = "release"
    REFUSE = "refuse"


TRANSITIONS: Mapping[tuple[JobState, Step], JobState | None] = {
    (state, step): None for state in JobState for step in Step
} | {
    (JobState.WAITING, Step.OPEN): JobState.RUNNING,
    (JobState.WAITING, Step.HOLD): JobState.HELD,
    (JobState.WAITING, Step.REFUSE): JobState.REFUSED,
    (JobState.RUNNING, Step.OPEN): JobState.RUNNING,  # again, after a restart
    (JobState.RUNNING, Step.TAKE_ROWS): JobState.RUNNING,
    (JobState.RUNNING, Step.HOLD): JobState.HELD,  # after a restart with an older definition
    (JobState.RUNNING, Step.FINISH): JobState.DONE,
    (JobState.RUNNING, Step.REFUSE): JobState.REFUSED,
    (JobState.HELD, Step.RELEASE): JobState.WAITING,
    (JobState.HELD, Step.REFUSE): JobState.REFUSED,
}
"""The state after each step; None where it can't be taken."""


class RowOutcome(StrEnum):
    """What became of a row (label ``outcome``)."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    REFUSED = "refused"


OUTCOME_NAMES = {
    RowOutcome.ACCEPTED: "已收到",
    RowOutcome.REPEAT: "此前已收到",
    RowOutcome.REFUSED: "未收",
}


class RowResult(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of row ``number``: a receipt or a reason.

    ``sealed`` has its cells: under the data key of the submission that it is, so that they go when that is
    withdrawn, else under the job's. ``submission_id``: of a refused row that tells which form it is, the submission
    that it will be once it is right; when that is withdrawn, the row is forgotten.
    """

    number: int
    outcome: RowOutcome
    receipt: str | None = None
    reason: str | None = None
    sealed: str | None = None
    submission_id: str | None = None

    def forgotten(self) -> RowResult:
        """Without its cells, and without the reason, which may tell something of them."""
        return replace(self, sealed=None, reason=None)

    @property
    def is_forgotten(self) -> bool:
        """Whether a withdrawal took a refused row with it."""
        return self.outcome is RowOutcome.REFUSED and self.reason is None


class Job(msgspec.Struct, frozen=True):
    """One import. ``unit`` is for the rows that name none.

    ``sealed_file_key`` opens the uploaded file until the job has ended, ``wrapped_key`` the rows that were refused
    until ``expires_at``; then it is None. ``last_number`` is the last row that was dealt with. While it is held, the
    file's key lies in quarantine, under the id ``held_as``.
    """

    id: str
    sender: Principal
    owner: str
    campaign: str
    edition: str
    unit: str | None
    size_bytes: int
    created_at: str
    wrapped_key: str | None
    sealed_file_key: str | None
    state: JobState = JobState.WAITING
    progress_at: str = ""
    reason: str | None = None
    held_as: str | None = None
    titles: list[str] = []
    header_number: int = 1
    last_row: int = 0
    last_number: int = 0
    chunks_count: int = 0
    accepted_count: int = 0
    repeat_count: int = 0
    refused_count: int = 0
    finished_at: str | None = None
    expires_at: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (JobState.DONE, JobState.REFUSED)

    @property
    def row_count(self) -> int:
        """Rows with content that were dealt with."""
        return self.accepted_count + self.repeat_count + self.refused_count

    @property
    def percent(self) -> int:
        """How much of the sheet is done."""
        if self.state is JobState.DONE:
            return 100
        return min(99, 100 * self.last_number // self.last_row) if self.last_row else 0

    @property
    def has_workbook(self) -> bool:
        """Whether there are results to give back."""
        return self.has_ended and self.chunks_count > 0 and self.wrapped_key is not None

    def after(self, step: Step) -> Job:
        """With the state after ``step``; AssertionError where that can't be."""
        state = TRANSITIONS[self.state, step]
        assert state is not None, (self.state, step)
        return replace(self, state=state)

    def opened(self, opened: Opened, at: str) -> Job:
        """Its headers are understood."""
        job, header = self.after(Step.OPEN), opened.header
        titles = [header.titles[index] for index in header.kept]
        return replace(
            job,
            titles=titles,
            header_number=header.number,
            last_row=opened.last_row,
            progress_at=self.progress_at or at,
        )

    def with_rows(self, results: list[RowResult], at: str) -> Job:
        """So many rows further."""
        outcomes = [result.outcome for result in results]
        return replace(
            self.after(Step.TAKE_ROWS),
            last_number=results[-1].number,
            chunks_count=self.chunks_count + 1,
            accepted_count=self.accepted_count + outcomes.count(RowOutcome.ACCEPTED),
            repeat_count=self.repeat_count + outcomes.count(RowOutcome.REPEAT),
            refused_count=self.refused_count + outcomes.count(RowOutcome.REFUSED),
            progress_at=at,
        )

    def held(self, reason: str, held_as: str) -> Job:
        """It waits for its version to be known: the file's key is let go, and is in quarantine."""
        return replace(self.after(Step.HOLD), reason=reason, held_as=held_as, sealed_file_key=None)

    def released(self, sealed_file_key: str) -> Job:
        """It can be read now."""
        return replace(self.after(Step.RELEASE), reason=None, held_as=None, sealed_file_key=sealed_file_key)

    def ended(self, reason: str | None, now: datetime, keep_for: timedelta) -> Job:
        """Done, or refused for a ``reason``: the file's key is let go."""
        return replace(
            self.after(Step.FINISH if reason is None else Step.REFUSE),
            reason=reason,
            held_as=None,
            sealed_file_key=None,
            finished_at=rfc3339(now),
            expires_at=rfc3339(now + keep_for),
        )

    def expired(self) -> Job:
        """Its results are let go; what it came to stays."""
        return replace(self, wrapped_key=None, expires_at=None)
