"""Events of the topic ``submissions``: what a respondent told, changed, took back; what a team lead signed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import EventData, Topic
from shared.events.names import (
    SUBMISSION_AMENDED,
    SUBMISSION_RECEIVED,
    SUBMISSION_SIGNED_OFF,
    SUBMISSION_WITHDRAWN,
)

Answer = str | list[str]
"""A coded answer: an option's code, or the codes of all chosen options."""


class Consent(BaseModel):
    """Which text the respondent agreed to, and when."""

    model_config = ConfigDict(frozen=True)

    version: str
    given_at: str
    how: str | None = Field(None, description="signed, ticked, spoken or sent; None where it wasn't told")


class SealedFields(BaseModel):
    """Ciphertexts that only intake can open, with the data key of ``submission_id`` (base64)."""

    model_config = ConfigDict(frozen=True)

    respondent: str | None = Field(
        None, description="name, employer, phone and age as given, and who interviewed"
    )
    texts: str | None = Field(None, description="words, numbers, dates and message as written")


class SubmissionReceived(EventData, type=SUBMISSION_RECEIVED, topic=Topic.SUBMISSIONS):
    """A submission was accepted. ``revision`` is 0; an amendment carries the whole content again."""

    submission_id: str = Field(description="UUIDv5 of campaign, channel and source id")
    campaign: str
    campaign_version: str = Field(description="content hash of the definition that it was checked against")
    revision: int = 0
    channel: str
    mode: str = Field(description="offline or online")
    edition: str | None = Field(None, description="None for a message, that answers no questionnaire")
    questionnaire_version: str | None = Field(
        None, description="the version of the edition's questionnaire whose codes `answers` has"
    )
    unit: str
    point: str | None = None
    interviewer: str | None = Field(None, description="keyed pseudonym of the interviewer")
    collected_at: str
    received_at: str
    person: str | None = Field(None, description="keyed pseudonym of the person; None when nobody is named")
    age_band: str | None = None
    sex: str | None = None
    answers: dict[str, Answer] = Field(default_factory=dict, description="closed answers, coded")
    texts_given: list[str] = Field(
        default_factory=list,
        description="ids of the answers in words, numbers and dates (and `message`); as written they are sealed",
    )
    consent: Consent
    sealed: SealedFields = SealedFields()


class SubmissionAmended(SubmissionReceived, type=SUBMISSION_AMENDED, topic=Topic.SUBMISSIONS):
    """A submission's content was replaced; ``revision`` counts its amendments from 1."""


class SubmissionWithdrawn(EventData, type=SUBMISSION_WITHDRAWN, topic=Topic.SUBMISSIONS):
    """The respondent took the submission back; its data key is destroyed."""

    submission_id: str
    campaign: str
    withdrawn_at: str


class SubmissionSignedOff(EventData, type=SUBMISSION_SIGNED_OFF, topic=Topic.SUBMISSIONS):
    """The team lead signed the record of an offline interview."""

    submission_id: str
    campaign: str
    signed_off_by: str = Field(description="subject of the signer's token")
    signed_off_at: str
