"""The sealing door: turns a checked submission into what may flow on. Pure but for fresh keys and nonces.

Past this point nothing personal is in plain text: who was heard is a keyed pseudonym, the age is a band, and
what was said of name, employer, phone and in free text is sealed. Free text is not even let through redacted: no
rule can know the employer or the colleague whom somebody names in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from services.intake.age import age_of
from services.intake.form import ConsentForm, Form
from services.intake.model import Registration, submission_id
from services.intake.owning import owner_of
from shared.campaign import Answer, Campaign, CodedAnswer
from shared.events import Event, SubmissionAmended, SubmissionReceived, derived_id
from shared.privacy import DataKey, Privacy

SOURCE = "/dafangtan/intake"


class Door:
    """The door of one campaign."""

    def __init__(self, campaign: Campaign, privacy: Privacy) -> None:
        self._campaign = campaign
        self._privacy = privacy

    def register(self, submission: Form, received_at: str) -> tuple[str, Registration, DataKey]:
        """The receipt, the registration, and the data key of a submission that wasn't there before."""
        id = submission_id(submission.campaign, submission.channel, submission.source_id)
        data_key = self._privacy.sealer.new_data_key(id)
        registration = Registration(
            submission_id=id,
            campaign=submission.campaign,
            channel=submission.channel,
            unit=submission.placed_unit,
            mode=self._campaign.channels[submission.channel].mode,
            key=self._person(submission) or id,
            content_mac=self.mac(submission),
            received_at=received_at,
            wrapped_key=data_key.wrapped,
            owner=self.owner(submission),
        )
        return self.receipt(id), registration, data_key

    def owner(self, submission: Form) -> str | None:
        """Whose ``submission`` is; None where its channel doesn't vouch for who sent it."""
        return owner_of(submission, self._privacy.pseudonyms)

    def receipt(self, submission_id: str) -> str:
        """The code of its receipt, whether or not it was ever registered."""
        return self._privacy.receipt(submission_id)

    def withdrawal_code(self, submission_id: str) -> str:
        """What the respondent shows, with the receipt, to take the submission back."""
        return self._privacy.withdrawal_code(submission_id)

    def mac(self, submission: Form) -> str:
        """Tells one content from another without telling what it is."""
        return self._privacy.pseudonyms.content_mac(submission.canonical())

    def data_key(self, registration: Registration) -> DataKey:
        """The data key of a registration that isn't withdrawn."""
        assert registration.wrapped_key is not None
        return self._privacy.sealer.unwrap(registration.submission_id, registration.wrapped_key)

    def event(self, submission: Form, registration: Registration, data_key: DataKey) -> Event:
        """What is told of ``submission``: received, or amended where the registration has a revision."""
        id, revision = registration.submission_id, registration.revision
        model = SubmissionAmended if revision else SubmissionReceived
        return Event(
            id=derived_id(id, str(revision)) if revision else id,
            type=model.event_type,
            source=SOURCE,
            subject=id,
            time=registration.received_at,
            key=registration.key,
            data=self._data(submission, registration, data_key),
        )

    def _data(self, submission: Form, registration: Registration, data_key: DataKey) -> bytes:
        closed, free = self._answers(submission)
        who = submission.respondent
        age = age_of(submission, self._campaign)
        told = _Told(
            submission_id=registration.submission_id,
            campaign=submission.campaign,
            campaign_version=self._campaign.version,
            revision=registration.revision,
            channel=submission.channel,
            mode=registration.mode,
            edition=submission.edition,
            questionnaire_version=self._questionnaire_version(submission),
            unit=submission.placed_unit,
            point=submission.point,
            interviewer=self._interviewer(submission),
            collected_at=submission.collected_at,
            received_at=registration.received_at,
            person=self._person(submission) if registration.revision else registration.person,
            age_band=None if age is None else self._campaign.age_band(age),
            sex=who.sex,
            answers=closed,
            texts_given=list(free),
            consent=submission.consent,
            sealed=self._sealed(submission, free, registration.submission_id, data_key),
        )
        return _encode(told)

    def _answers(self, submission: Form) -> tuple[Mapping[str, CodedAnswer], dict[str, Answer]]:
        """The coded answers, and those as written with the message among them."""
        coded: Mapping[str, CodedAnswer] = {}
        written: dict[str, Answer] = {}
        if submission.edition is not None:
            questionnaire = self._campaign.questionnaire(submission.edition)
            coded, written = questionnaire.flowing(submission.answers, submission.questionnaire_version)
        if submission.message:
            written["message"] = submission.message
        return coded, written

    def _questionnaire_version(self, submission: Form) -> str | None:
        """The version whose codes are told, whichever was filled in."""
        if submission.edition is None:
            return None
        return self._campaign.questionnaire(submission.edition).version

    def _sealed(
        self, submission: Form, free: Mapping[str, Answer], id: str, data_key: DataKey
    ) -> dict[str, str]:
        """What is personal, by the names of ``SealedFields``; nothing where nothing was told."""
        who = submission.respondent
        named = _Named(
            who.name,
            who.employer,
            who.phone,
            who.age,
            submission.interviewer,
            who.resident_id,
            who.openid,
            who.app_id,
        )
        sealed = {}
        if named != _NOBODY:
            sealed["respondent"] = self._privacy.sealer.seal(data_key, id, "respondent", _encode(named))
        if free:
            sealed["texts"] = self._privacy.sealer.seal(data_key, id, "texts", _encode(free))
        return sealed

    def _person(self, submission: Form) -> str | None:
        who = submission.respondent
        return self._privacy.pseudonyms.person(
            who.name,
            who.employer,
            who.phone,
            resident_id=who.resident_id,
            openid=who.openid,
            app_id=who.app_id,
        )

    def _interviewer(self, submission: Form) -> str | None:
        who = submission.interviewer
        return None if who is None else self._privacy.pseudonyms.interviewer(who)


class _Told(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """``SubmissionReceived``, field for field; the model itself takes ten times as long to be written."""

    submission_id: str
    campaign: str
    campaign_version: str
    revision: int
    channel: str
    mode: str
    edition: str | None = None
    questionnaire_version: str | None = None
    unit: str
    point: str | None = None
    interviewer: str | None = None
    collected_at: datetime
    received_at: str
    person: str | None = None
    age_band: str | None = None
    sex: str | None = None
    answers: Mapping[str, CodedAnswer]
    texts_given: list[str]
    consent: ConsentForm
    sealed: dict[str, str]


class _Named(msgspec.Struct, omit_defaults=True, gc=False):
    """Who was heard, and by whom, as given."""

    name: str | None = None
    employer: str | None = None
    phone: str | None = None
    age: int | None = None
    interviewer: str | None = None
    resident_id: str | None = None
    openid: str | None = None
    app_id: str | None = None


_NOBODY = _Named()
_encode = msgspec.json.Encoder().encode
