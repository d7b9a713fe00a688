"""The sealing door: turns a checked submission into what may flow on. Pure but for fresh keys and nonces.

Past this point nothing personal is in plain text: who was heard is a keyed pseudonym, the age is a band, and
what was said of name, employer, phone and in free text is sealed. Free text is not even let through redacted: no
rule can know the employer or the colleague whom somebody names in it.
"""

from __future__ import annotations

import orjson

from services.intake.model import Registration, Submission, submission_id
from shared.campaign import Campaign
from shared.events import (
    Consent,
    Event,
    SealedFields,
    SubmissionAmended,
    SubmissionReceived,
    derived_id,
    make_event,
    rfc3339,
)
from shared.privacy import DataKey, Privacy

SOURCE = "/dafangtan/intake"


class Door:
    """The door of one campaign."""

    def __init__(self, campaign: Campaign, privacy: Privacy) -> None:
        self._campaign = campaign
        self._privacy = privacy

    def register(self, submission: Submission, received_at: str) -> tuple[str, Registration, DataKey]:
        """The receipt, the registration, and the data key of a submission that wasn't there before."""
        id = submission_id(submission.campaign, submission.channel, submission.source_id)
        data_key = self._privacy.sealer.new_data_key(id)
        registration = Registration(
            submission_id=id,
            campaign=submission.campaign,
            channel=submission.channel,
            unit=submission.unit,
            mode=self._campaign.channels[submission.channel].mode,
            key=self._person(submission) or id,
            content_mac=self.mac(submission),
            received_at=received_at,
            wrapped_key=data_key.wrapped,
        )
        return self._privacy.receipt(id), registration, data_key

    def mac(self, submission: Submission) -> str:
        """Tells one content from another without telling what it is."""
        return self._privacy.pseudonyms.content_mac(submission.canonical())

    def data_key(self, registration: Registration) -> DataKey:
        """The data key of a registration that isn't withdrawn."""
        assert registration.wrapped_key is not None
        return self._privacy.sealer.unwrap(registration.submission_id, registration.wrapped_key)

    def event(self, submission: Submission, registration: Registration, data_key: DataKey) -> Event:
        """What is told of ``submission``: received, or amended where the registration has a revision."""
        id, revision = registration.submission_id, registration.revision
        model = SubmissionAmended if revision else SubmissionReceived
        data = self._data(model, submission, registration, data_key)
        return make_event(
            data,
            id=derived_id(id, str(revision)) if revision else id,
            source=SOURCE,
            subject=id,
            time=registration.received_at,
            key=registration.key,
        )

    def _data(
        self,
        model: type[SubmissionReceived],
        submission: Submission,
        registration: Registration,
        data_key: DataKey,
    ) -> SubmissionReceived:
        respondent = submission.respondent
        closed, free = self._answers(submission)
        return model.model_construct(
            submission_id=registration.submission_id,
            campaign=submission.campaign,
            campaign_version=self._campaign.version,
            revision=registration.revision,
            channel=submission.channel,
            mode=registration.mode,
            edition=submission.edition,
            unit=submission.unit,
            point=submission.point,
            interviewer=self._interviewer(submission),
            collected_at=submission.collected_at.isoformat(),
            received_at=registration.received_at,
            person=self._person(submission),
            age_band=None if respondent.age is None else self._campaign.age_band(respondent.age),
            sex=respondent.sex,
            answers=closed,
            texts_given=list(free),
            consent=Consent.model_construct(
                version=submission.consent.version, given_at=submission.consent.given_at.isoformat()
            ),
            sealed=self._sealed(submission, free, registration.submission_id, data_key),
        )

    def _answers(self, submission: Submission) -> tuple[dict[str, str | list[str]], dict[str, str]]:
        """The closed answers, and the free ones with the message among them."""
        questions = self._campaign.editions[submission.edition].questionnaire.by_id
        closed: dict[str, str | list[str]] = {}
        free: dict[str, str] = {}
        for question, answer in submission.answers.items():
            if questions[question].is_closed:
                closed[question] = answer
            else:
                free[question] = answer
        if submission.message:
            free["message"] = submission.message
        return closed, free

    def _sealed(
        self, submission: Submission, free: dict[str, str], id: str, data_key: DataKey
    ) -> SealedFields:
        sealer, respondent = self._privacy.sealer, submission.respondent
        named = {
            field: value
            for field in ("name", "employer", "phone", "age")
            if (value := getattr(respondent, field)) is not None
        }
        if submission.interviewer is not None:
            named["interviewer"] = submission.interviewer
        return SealedFields.model_construct(
            respondent=sealer.seal(data_key, id, "respondent", orjson.dumps(named)) if named else None,
            texts=sealer.seal(data_key, id, "texts", orjson.dumps(free)) if free else None,
        )

    def _person(self, submission: Submission) -> str | None:
        who = submission.respondent
        return self._privacy.pseudonyms.person(who.name, who.employer, who.phone)

    def _interviewer(self, submission: Submission) -> str | None:
        who = submission.interviewer
        return None if who is None else self._privacy.pseudonyms.interviewer(who)
