"""A submission as a channel posts it, and as intake remembers it."""

from __future__ import annotations

import uuid
from enum import StrEnum
from hashlib import sha1
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from shared.moments import Moment

SUBMISSION_NAMESPACE = uuid.UUID("0b6d5f4c-2b5e-5f0a-8d0e-6c1b7b0f5a3d")

MOST_ANSWERS = 500
"""More questions than any questionnaire has."""

ShortText = Annotated[str, Field(min_length=1, max_length=200)]


ConsentHow = Literal["signed", "ticked", "spoken", "sent"]
"""On paper, in a form, on the telephone, by a message that says so."""


class Respondent(BaseModel):
    """What the respondent registered of themselves; all of it voluntary but what the questionnaire requires.

    ``openid`` and ``app_id`` are the ids of their accounts with WeChat and the app.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: ShortText | None = None
    employer: ShortText | None = None
    phone: ShortText | None = None
    age: int | None = None
    sex: ShortText | None = None
    resident_id: ShortText | None = None
    openid: ShortText | None = None
    app_id: ShortText | None = None


class ConsentGiven(BaseModel):
    """Which consent text the respondent agreed to, when, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: ShortText
    given_at: Moment
    how: ConsentHow | None = None


class Submission(BaseModel):
    """One filled-in form. ``answers`` maps a question's id to a code, a list of codes, or free text.

    Without ``edition`` it is a message (留言), with words and no answers. A message may leave out its unit where
    the channel has one for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    campaign: ShortText
    channel: ShortText
    source_id: Annotated[ShortText, Field(description="the channel's own id of this form, never used twice")]
    edition: ShortText | None = None
    questionnaire_version: Annotated[
        ShortText | None, Field(description="which version of the questionnaire was filled in; None: today's")
    ] = None
    unit: ShortText | None = None
    point: ShortText | None = None
    collected_at: Moment
    interviewer: ShortText | None = None
    consent: ConsentGiven
    respondent: Respondent = Respondent()
    answers: dict[str, Any] = Field(
        default_factory=dict,
        max_length=MOST_ANSWERS,
        examples=[{"q01": "b", "q07": ["a", "d"], "q12": "free text"}],
    )
    message: Annotated[str, Field(max_length=5000)] | None = None


def submission_id(campaign: str, channel: str, source_id: str) -> str:
    """The id of a submission: the same form of the same channel is the same submission.

    A UUIDv5 (RFC 9562, section 5.5), composed here since this is on the way of every submission.
    """
    name = f"{campaign}/{channel}/{source_id}".encode()
    digest = bytearray(sha1(SUBMISSION_NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class State(StrEnum):
    """What became of an accepted submission."""

    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {State.ACCEPTED: "已收到", State.WITHDRAWN: "已撤回"}


class Registration(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What intake remembers of a submission, under its receipt. No content, and the only copy of its data key.

    ``key`` is the partition key of all its events. ``content_mac`` and, once amended, ``amended_mac`` tell a
    repeat from other content. ``wrapped_key`` is None once the submission is withdrawn. ``owner`` is whose it is,
    where its channel vouches for that (``owning.py``).
    """

    submission_id: str
    campaign: str
    channel: str
    unit: str
    mode: str
    key: str
    content_mac: str
    received_at: str
    wrapped_key: str | None
    revision: int = 0
    amended_mac: str | None = None
    state: State = State.ACCEPTED
    signed_off_at: str | None = None
    owner: str | None = None

    @property
    def person(self) -> str | None:
        """The pseudonym of who was named at first: it is the key, which is the id where nobody was."""
        return None if self.key == self.submission_id else self.key

    def is_told_by(self, content_mac: str) -> bool:
        """Whether this content was accepted before, as the original or as what stands now."""
        return content_mac in (self.content_mac, self.amended_mac)

    def amended(self, *, content_mac: str, unit: str) -> Registration:
        """With other content: the next revision."""
        return replace(self, amended_mac=content_mac, unit=unit, revision=self.revision + 1)

    def withdrawn(self) -> Registration:
        """Taken back: the data key is gone, and with it everything that was sealed."""
        return replace(self, state=State.WITHDRAWN, wrapped_key=None)

    def signed_off(self, at: str) -> Registration:
        """Signed by the team lead."""
        return replace(self, signed_off_at=at)


class Outcome(StrEnum):
    """What posting a submission came to."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What the sender gets, and can ask with later.

    ``withdrawal_code`` is told with the answer to a submission alone: who merely sees a receipt can't withdraw.
    """

    code: str
    registration: Registration
    withdrawal_code: str | None = None
