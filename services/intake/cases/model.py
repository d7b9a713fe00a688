"""A case (个案): one person's interview with its registration form, its notes and its edited text. Pure.

The instructions for case interviews (annex 4): the record is to be finished on the day of the interview (paragraph
three); the form is filled in first, the respondent is asked before private matters are recorded, the team lead signs
(paragraph four); case numbers run within each team (paragraph five).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from services.intake.cases.parts import (
    IN_ORDER,
    Act,
    Part,
    PartAction,
    PartStands,
    PartState,
)
from shared.campaign import Campaign
from shared.errors import Conflict, NotAllowed

TEAM = re.compile(r"[A-Z]{2,6}[0-9]{0,3}")
"""What a team (调查组) is called: ``ZJG01``."""


def case_number(team: str, number: int) -> str:
    """The number as it stands on the form: ``ZJG01-0007``; at least four digits."""
    return f"{team}-{number:04d}"


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which text was agreed to (None: to be recorded, for which there is none), when, how."""

    given_at: str
    version: str | None = None
    how: str | None = None


class HistoryEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was done, oldest first. ``sealed_form`` is the form that a change took the place of."""

    what: str
    by: str
    at: str
    part: Part | None = None
    reason: str | None = None
    revision: int = 0
    sealed_form: str | None = None


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """What intake remembers of a case. What was told of the respondent is in ``sealed_form`` alone.

    ``wrapped_key`` is the only copy of the case's data key, None once it is withdrawn. ``visited_at`` is when the
    interview was; ``finished_at`` when notes and edited text were both recorded for the first time.
    ``content_mac`` tells a repeat of the opening from another content, ``form_mac`` one form from another.
    """

    id: str
    campaign: str
    unit: str
    team: str
    number: int
    case_number: str
    interviewer: str
    content_mac: str
    form_mac: str
    opened_at: str
    visited_at: str
    consent: Consent
    wrapped_key: str | None
    sealed_form: str | None
    parts: Mapping[Part, PartStands]
    history: tuple[HistoryEntry, ...] = ()
    revision: int = 0
    recording_consent: Consent | None = None
    submission_id: str | None = None
    finished_at: str | None = None
    withdrawn_at: str | None = None

    @property
    def state(self) -> PartState:
        """As far as the part that is least far."""
        return min((part.state for part in self.parts.values()), key=IN_ORDER.index)

    def is_record_late(self, now: datetime, campaign: Campaign) -> bool:
        """Whether the record wasn't finished on the day of the interview, by the campaign's clock."""
        until = datetime.fromisoformat(self.finished_at) if self.finished_at else now
        visited = datetime.fromisoformat(self.visited_at)
        return campaign.day_of(until) > campaign.day_of(visited)

    def numbered(self, number: int) -> Case:
        """With its number."""
        return replace(self, number=number, case_number=case_number(self.team, number))

    def acted(self, part: Part, act: Act) -> Case:
        """After ``act`` on ``part``; the same again changes nothing.

        Raises NotAllowed when the wrong person acts, Conflict when the part's state forbids it.
        """
        self._check_person(act)
        if self.parts[part].is_done_so(act):
            return self
        after = {**self.parts, part: self.parts[part].after(part, act)}
        entry = HistoryEntry(act.action.value, act.by, act.at, part, act.reason, self.revision)
        return replace(
            self,
            parts=after,
            history=(*self.history, entry),
            finished_at=self.finished_at or _finished_at(after),
        )

    def with_form(self, sealed_form: str, form_mac: str, visited_at: str, act: Act) -> Case:
        """With another form; the one before is kept, sealed. Raises as ``acted``."""
        acted = self.acted(Part.FORM, act)
        before = replace(acted.history[-1], sealed_form=self.sealed_form)
        return replace(
            acted,
            history=(*self.history, before),
            sealed_form=sealed_form,
            form_mac=form_mac,
            visited_at=visited_at,
            revision=self.revision + 1,
        )

    def with_recording_consent(self, consent: Consent, *, by: str, at: str) -> Case:
        """The respondent agreed to be recorded. Raises Conflict when another time was registered before."""
        if self.recording_consent == consent:
            return self
        if self.recording_consent is not None:
            raise Conflict("已登记过录音同意，时间不同，没有改动。", code="recording-consent-differs")
        entry = HistoryEntry("consent_to_recording", by, at)
        return replace(self, recording_consent=consent, history=(*self.history, entry))

    def linked(self, submission_id: str, *, by: str, at: str) -> Case:
        """With the questionnaire that the respondent answered. Raises Conflict when there is another one."""
        if self.submission_id == submission_id:
            return self
        if self.submission_id is not None:
            raise Conflict("这个个案已关联另一份问卷，没有改动。", code="already-linked")
        entry = HistoryEntry("link", by, at)
        return replace(self, submission_id=submission_id, history=(*self.history, entry))

    def withdrawn(self, *, by: str, at: str, reason: str | None = None) -> Case:
        """Taken back: the data key is gone, and with it all that was sealed. The number stays taken."""
        kept = tuple(replace(entry, sealed_form=None) for entry in self.history)
        entry = HistoryEntry("withdraw", by, at, reason=reason, revision=self.revision)
        return replace(self, wrapped_key=None, sealed_form=None, withdrawn_at=at, history=(*kept, entry))

    def _check_person(self, act: Act) -> None:
        is_own = act.by == self.interviewer
        if act.action in (PartAction.RECORD, PartAction.SIGN) and not is_own:
            raise NotAllowed("只有进行访谈的访问员本人可以记录和签名。", code="not-the-interviewer")
        if act.action is PartAction.SIGN_OFF and is_own:
            raise NotAllowed("不能为本人的访谈签字；请由调查组另一位负责人签字。", code="own-case")


def _finished_at(parts: Mapping[Part, PartStands]) -> str | None:
    """When the later of notes and edited text was recorded; None while one isn't."""
    record = (parts[Part.NOTES], parts[Part.EDITED_TEXT])
    if any(part.state is PartState.OPEN for part in record):
        return None
    return max((part.recorded_at for part in record if part.recorded_at), key=datetime.fromisoformat)
