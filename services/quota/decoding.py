"""From a logged message to the step that it means for a submission's standing: the hot path of quota."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from services.quota.model import Content, Rules, Standing
from shared.errors import RejectEvent
from shared.events import (
    SubmissionAmended,
    SubmissionReceived,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    in_binary_mode,
    type_of,
)
from shared.log.port import LoggedMessage

_TOLD = frozenset({SubmissionReceived.event_type.encode(), SubmissionAmended.event_type.encode()})
_WITHDRAWN = SubmissionWithdrawn.event_type.encode()
_SIGNED_OFF = SubmissionSignedOff.event_type.encode()


class _Consent(msgspec.Struct):
    version: str | None = None


class _Told(msgspec.Struct):
    """The fields of a received or amended submission that quotas care for."""

    submission_id: str
    campaign: str
    channel: str
    unit: str
    received_at: str
    collected_at: str
    edition: str | None = None
    revision: int = 0
    age_band: str | None = None
    person: str | None = None
    point: str | None = None
    consent: _Consent | None = None


class _About(msgspec.Struct):
    """What every event about a submission says."""

    submission_id: str
    campaign: str


_decode_told = msgspec.json.Decoder(_Told).decode
_decode_about = msgspec.json.Decoder(_About).decode


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one event does to a standing: ``content`` where it tells some, else ``event_type`` decides."""

    submission_id: str
    campaign: str
    event_type: bytes
    content: Content | None = None
    revision: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is what a submission begins with."""
        return self.content is not None and self.revision == 0

    def applied_to(self, standing: Standing) -> Standing:
        """The standing after this step."""
        if self.content is not None:
            return standing.told(self.content, self.revision)
        return standing.withdrawn() if self.event_type == _WITHDRAWN else standing.signed_off()


def read_step(message: LoggedMessage, rules: Mapping[str, Rules]) -> Step:
    """The step that ``message`` means. Raises RejectEvent for what can't be read or is of no campaign here."""
    try:
        return _step(message, rules)
    except (ValueError, RecursionError) as error:  # of msgspec, and of UTF-8; nesting without end
        raise RejectEvent(f"data: {error}") from error


def _step(message: LoggedMessage, rules: Mapping[str, Rules]) -> Step:
    message = in_binary_mode(message)
    event_type = type_of(message)
    if event_type in _TOLD:
        return _told(event_type, _decode_told(message.value), rules)
    if event_type in (_WITHDRAWN, _SIGNED_OFF):
        about = _decode_about(message.value)
        _rules_of(about.campaign, rules)
        return Step(about.submission_id, about.campaign, event_type)
    raise RejectEvent(f"ce_type: not a submission event: {event_type!r}")


def _told(event_type: bytes, told: _Told, rules: Mapping[str, Rules]) -> Step:
    its_rules = _rules_of(told.campaign, rules)
    if told.unit not in its_rules.units:
        raise RejectEvent(f"unit: {told.unit!r} is not in the campaign {told.campaign!r}")
    its_rules.day_of(
        told.received_at
    )  # raises where that is none: it is told where the event is, not in the fold
    content = Content(
        unit=told.unit,
        channel=told.channel,
        edition=told.edition,
        received_at=told.received_at,
        age_band=told.age_band,
        person=told.person,
        collected_on=its_rules.day_of(told.collected_at),
        campaign=told.campaign,
        point=told.point,
        consent=None if told.consent is None else told.consent.version,
    )
    return Step(told.submission_id, told.campaign, event_type, content, told.revision)


def _rules_of(campaign: str, rules: Mapping[str, Rules]) -> Rules:
    try:
        return rules[campaign]
    except KeyError:
        raise RejectEvent(f"campaign: {campaign!r} is not defined here") from None
