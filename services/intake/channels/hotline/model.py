"""A call and the matters that it raised. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.intake.form import ConsentForm, Form, RespondentForm
from shared.moments import Moment

CHANNEL = "hotline"
MOST_MATTERS = 20
LONGEST_CALL_S = 86_400
LONGEST_NARRATIVE_CHARS = 5000
LONGEST_ID_CHARS = 190
"""With the number of the matter it is a source id, of 200 characters at most."""

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
CallId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID_CHARS)]

DURATION_BANDS = ((60, "0-1"), (300, "1-5"), (900, "5-15"), (1800, "15-30"))
"""Under so many seconds: the band, in minutes."""
LONGEST_BAND = "30+"


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CallConsent(_Given):
    """Which consent text was read to the caller, and when they agreed."""

    version: ShortText
    given_at: Moment
    how: Literal["spoken"] = "spoken"


class Caller(_Given):
    """Who called; all of it voluntary."""

    number: ShortText | None = None
    name: ShortText | None = None
    employer: ShortText | None = None


class Matter(_Given):
    """One thing that was raised. Without a ``category`` it has the call's."""

    narrative: Annotated[str, Field(min_length=1, max_length=LONGEST_NARRATIVE_CHARS)]
    category: ShortText | None = None
    unit: ShortText | None = None

    @field_validator("narrative")
    @classmethod
    def _says_something(cls, narrative: str) -> str:
        if not narrative.strip():
            raise ValueError("应有内容，不能只有空白")
        return narrative


class Call(_Given):
    """A call as the call centre tells it. Categories are told by code or name."""

    id: Annotated[CallId, Field(description="呼叫中心的通话编号，不重复使用")]
    started_at: Moment
    duration_s: Annotated[int, Field(ge=0, le=LONGEST_CALL_S)]
    agent: Annotated[ShortText | None, Field(description="坐席；只以假名流转")] = None
    category: ShortText | None = None
    caller: Caller = Caller()
    consent: CallConsent
    matters: Annotated[list[Matter], Field(min_length=1, max_length=MOST_MATTERS)]

    def told(self, campaign: str, place: int, *, number: int, category: str) -> Told:
        """The matter at ``place``, as the one of the call with this ``number``."""
        matter = self.matters[place]
        form = Form(
            campaign=campaign,
            channel=CHANNEL,
            source_id=source_id(self.id, number),
            collected_at=self.started_at,
            consent=ConsentForm(self.consent.version, self.consent.given_at, self.consent.how),
            unit=matter.unit,
            interviewer=self.agent,
            respondent=RespondentForm(
                name=self.caller.name, employer=self.caller.employer, phone=self.caller.number
            ),
            message=matter.narrative,
        )
        return Told(form, self.id, number, category, self.duration_s)


class Told(NamedTuple):
    """A matter on its way in: the message, and what is known of it besides. ``category`` is a code."""

    form: Form
    call_id: str
    number: int
    category: str
    duration_s: int


class Facts(msgspec.Struct, frozen=True):
    """What is kept of a matter in the open, under its submission id: nothing that tells who called.

    ``call`` is a keyed digest, the same for all matters of a call. ``facts_mac`` tells a repeat from other facts.
    ``sealed`` holds the call's id, start, exact duration and agent, under the submission's data key.
    """

    campaign: str
    call: str
    number: int
    unit: str
    category: str
    duration_band: str
    received_at: str
    facts_mac: str
    sealed: str


def source_id(call_id: str, number: int) -> str:
    """The id of the form that the call's matter with this ``number`` is."""
    return f"{call_id}/{number}"


def duration_band(duration_s: int) -> str:
    """The band of a duration, in minutes: ``1-5`` is from one up to, not with, five."""
    return next((band for under_s, band in DURATION_BANDS if duration_s < under_s), LONGEST_BAND)
