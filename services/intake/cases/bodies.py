"""Cases as HTTP shows them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field

from services.intake.cases.looking import OpenedCase
from services.intake.cases.model import Case, HistoryEntry
from services.intake.cases.parts import PART_NAMES, STATE_NAMES, Part, PartStands, PartState
from shared.campaign import Campaign
from shared.platform import Clock


class PartBody(BaseModel):
    """How a part stands. Times are RFC 3339 in UTC, persons the subjects of their tokens."""

    name: str
    state: PartState
    state_name: str
    pages: int | None
    recorded_at: str | None
    signed_by: str | None
    signed_at: str | None
    files: list[str] = Field(description="签名时的附件编号")
    signed_off_by: str | None
    signed_off_at: str | None
    reopened_because: str | None


class EntryBody(BaseModel):
    """Something that was done."""

    what: str
    by: str
    at: str
    part: Part | None
    reason: str | None
    revision: int


class CaseBody(BaseModel):
    """A case as it stands; nothing of what was told of the respondent."""

    id: str
    case_number: str = Field(description="个案编号：调查组代号和组内序号", examples=["ZJG01-0007"])
    campaign: str
    unit: str
    team: str
    interviewer: str
    state: PartState = Field(description="三部分中进展最慢的一部分的状态")
    state_name: str
    parts: dict[Part, PartBody]
    opened_at: str
    visited_at: str
    finished_at: str | None = Field(description="原稿和整理稿首次都完成的时间")
    is_record_late: bool = Field(description="访谈当天没有整理完记录")
    recording_consent_at: str | None
    submission_id: str | None
    revision: int = Field(description="登记表的修改次数")
    is_withdrawn: bool
    history: list[EntryBody]


class CasesBody(BaseModel):
    """A page of cases, by their number."""

    cases: list[CaseBody]
    cursor: str | None = Field(description="下一页的游标；没有下一页时为 null")


class NamedAttachmentBody(BaseModel):
    """An attachment and what it is called."""

    attachment_id: str
    kind: str
    filename: str
    media_type: str
    size_bytes: int


class OpenedCaseBody(BaseModel):
    """The registration form as it was filled in, and the attachments."""

    case_number: str
    revision: int
    form: dict[str, str | bool]
    attachments: list[NamedAttachmentBody]
    audit_seq: int = Field(description="这次打开在审计链中的序号")


class Telling:
    """Tells cases as they stand now."""

    def __init__(self, campaigns: Mapping[str, Campaign], clock: Clock) -> None:
        self._campaigns = campaigns
        self._clock = clock

    def __call__(self, case: Case) -> CaseBody:
        """The case, but for what is sealed."""
        return CaseBody(
            id=case.id,
            case_number=case.case_number,
            campaign=case.campaign,
            unit=case.unit,
            team=case.team,
            interviewer=case.interviewer,
            state=case.state,
            state_name=STATE_NAMES[case.state],
            parts={part: _part(part, stands) for part, stands in case.parts.items()},
            opened_at=case.opened_at,
            visited_at=case.visited_at,
            finished_at=case.finished_at,
            is_record_late=case.is_record_late(self._clock(), self._campaigns[case.campaign]),
            recording_consent_at=case.recording_consent.given_at if case.recording_consent else None,
            submission_id=case.submission_id,
            revision=case.revision,
            is_withdrawn=case.withdrawn_at is not None,
            history=[_entry(entry) for entry in case.history],
        )

    def opened(self, opened: OpenedCase) -> OpenedCaseBody:
        """What was sealed."""
        attachments = [
            NamedAttachmentBody(
                attachment_id=attachment.id,
                kind=attachment.kind,
                filename=name,
                media_type=attachment.media_type,
                size_bytes=attachment.size_bytes,
            )
            for attachment, name in opened.attachments
        ]
        return OpenedCaseBody(
            case_number=opened.case.case_number,
            revision=opened.case.revision,
            form=dict(opened.form),
            attachments=attachments,
            audit_seq=opened.entry.seq,
        )


def _part(part: Part, stands: PartStands) -> PartBody:
    return PartBody(
        name=PART_NAMES[part],
        state=stands.state,
        state_name=STATE_NAMES[stands.state],
        pages=stands.pages,
        recorded_at=stands.recorded_at,
        signed_by=stands.signed_by,
        signed_at=stands.signed_at,
        files=list(stands.files),
        signed_off_by=stands.signed_off_by,
        signed_off_at=stands.signed_off_at,
        reopened_because=stands.reopened_because,
    )


def _entry(entry: HistoryEntry) -> EntryBody:
    return EntryBody(
        what=entry.what,
        by=entry.by,
        at=entry.at,
        part=entry.part,
        reason=entry.reason,
        revision=entry.revision,
    )
