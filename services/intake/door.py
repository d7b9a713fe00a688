"""The sealing door: turns a checked submission into what may flow on. Pure but for fresh keys and nonces.

Past this point nothing personal is in plain text: who was heard is a keyed pseudonym, the age is a band, and
what was said of name, employer, phone and in free text is sealed. Free text is not even let through redacted: no
rule can know the employer or the colleague whom somebody names in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import orjson

from services.intake.form import Form
from services.intake.model import Registration, submission_id
from shared.campaign import Campaign
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
            unit=submission.unit,
            mode=self._campaign.channels[submission.channel].mode,
            key=self._person(submission) or id,
            content_mac=self.mac(submission),
            received_at=received_at,
            wrapped_key=data_key.wrapped,
        )
        return self._privacy.receipt(id), registration, data_key

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
        """The JSON of ``SubmissionReceived``, written by hand: the model takes five times as long."""
        closed, free = self._answers(submission)
        age = submission.respondent.age
        told = {
            "submission_id": registration.submission_id,
            "campaign": submission.campaign,
            "campaign_version": self._campaign.version,
            "revision": registration.revision,
            "channel": submission.channel,
            "mode": registration.mode,
            "edition": submission.edition,
            "unit": submission.unit,
            "point": submission.point,
            "interviewer": self._interviewer(submission),
            "collected_at": submission.collected_at.isoformat(),
            "received_at": registration.received_at,
            "person": self._person(submission) if registration.revision else registration.person,
            "age_band": None if age is None else self._campaign.age_band(age),
            "sex": submission.respondent.sex,
            "answers": closed,
            "texts_given": list(free),
            "consent": {
                "version": submission.consent.version,
                "given_at": submission.consent.given_at.isoformat(),
            },
            "sealed": self._sealed(submission, free, registration.submission_id, data_key),
        }
        return orjson.dumps({name: value for name, value in told.items() if value is not None})

    def _answers(self, submission: Form) -> tuple[dict[str, str | list[str]], dict[str, str]]:
        """The closed answers, and the free ones with the message among them."""
        questions = self._campaign.editions[submission.edition].questionnaire.by_id
        closed: dict[str, str | list[str]] = {}
        free: dict[str, str] = {}
        for question, answer in submission.answers.items():
            if questions[question].is_closed:
                closed[question] = answer
            else:
                free[question] = cast(str, answer)
        if submission.message:
            free["message"] = submission.message
        return closed, free

    def _sealed(self, submission: Form, free: dict[str, str], id: str, data_key: DataKey) -> dict[str, str]:
        """What is personal, by the names of ``SealedFields``; nothing where nothing was told."""
        named = {name: value for name, value in _named(submission) if value is not None}
        contents = {"respondent": named, "texts": free}
        return {
            field: self._privacy.sealer.seal(data_key, id, field, orjson.dumps(content))
            for field, content in contents.items()
            if content
        }

    def _person(self, submission: Form) -> str | None:
        who = submission.respondent
        return self._privacy.pseudonyms.person(who.name, who.employer, who.phone)

    def _interviewer(self, submission: Form) -> str | None:
        who = submission.interviewer
        return None if who is None else self._privacy.pseudonyms.interviewer(who)


def _named(submission: Form) -> Iterator[tuple[str, str | int | None]]:
    who = submission.respondent
    yield "name", who.name
    yield "employer", who.employer
    yield "phone", who.phone
    yield "age", who.age
    yield "interviewer", submission.interviewer
