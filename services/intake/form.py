"""A submission as it is handled inside: read fast where it is right, and explained where it isn't."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from services.intake.model import MOST_ANSWERS, ConsentHow, Submission
from shared.possible_times import is_possible
from shared.problems import parse

ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
MessageText = Annotated[str, msgspec.Meta(max_length=5000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
AnswersForm = Annotated[dict[str, str | int | float | list[str]], msgspec.Meta(max_length=MOST_ANSWERS)]


class RespondentForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A ``Respondent``."""

    name: ShortText | None = None
    employer: ShortText | None = None
    phone: ShortText | None = None
    age: int | None = None
    sex: ShortText | None = None
    resident_id: ShortText | None = None
    openid: ShortText | None = None
    app_id: ShortText | None = None


class ConsentForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A ``ConsentGiven``."""

    version: ShortText
    given_at: Moment
    how: ConsentHow | None = None


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A ``Submission``, whose fields it has; that model tells the world what they mean and what is wrong."""

    campaign: ShortText
    channel: ShortText
    source_id: ShortText
    collected_at: Moment
    consent: ConsentForm
    edition: ShortText | None = None
    questionnaire_version: ShortText | None = None
    unit: ShortText | None = None
    point: ShortText | None = None
    interviewer: ShortText | None = None
    respondent: RespondentForm = RespondentForm()
    answers: AnswersForm = {}
    message: MessageText | None = None

    @property
    def placed_unit(self) -> str:
        """The unit: every form that passed the checks has one."""
        assert self.unit is not None, "checked before"
        return self.unit

    def canonical(self) -> bytes:
        """The content in one form, whatever the order of keys and blanks it came in.

        What isn't told is left out, so that a field that forms gain later changes no content of before.
        """
        return _encode(self)


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Form).decode


def form_from(fields: Mapping[str, Any]) -> Form:
    """The form with these ``fields``, where None stands for what wasn't told. Raises Invalid with every problem."""
    try:
        form = msgspec.convert(fields, Form)
    except ValueError:
        return read_form(_encode(_without_none(fields)))
    is_right = is_possible(form.collected_at) and is_possible(form.consent.given_at)
    return form if is_right else read_form(_encode(_without_none(fields)))


def read_form(body: bytes) -> Form:
    """The form in ``body`` (JSON). Raises Invalid with every problem.

    The quick reader takes a tenth of the time of the model and refuses more than that (rare notations of a
    time, answers that are no answers): what it refuses, the model judges.
    """
    try:
        form = _decode(body)
    except (ValueError, RecursionError):  # of msgspec, and of UTF-8; nesting without end
        return _form_of(parse(body, Submission))
    is_right = is_possible(form.collected_at) and is_possible(form.consent.given_at)
    return form if is_right else _form_of(parse(body, Submission))


def _form_of(submission: Submission) -> Form:
    """Without a check of its own: what the answers may be is for the questionnaire to say."""
    fields = dict(submission)
    fields["consent"] = ConsentForm(**dict(submission.consent))
    fields["respondent"] = RespondentForm(**dict(submission.respondent))
    return Form(**fields)


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None
    }
