"""From a logged message to what analytics takes from it: the hot path, with only the fields used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

from shared.errors import RejectEvent
from shared.events import (
    REGISTRY,
    AccessGranted,
    AccessRevoked,
    SubmissionAmended,
    SubmissionReceived,
    SubmissionWithdrawn,
    in_binary_mode,
    type_of,
)
from shared.log.port import LoggedMessage

OUR_TYPES = frozenset(name.encode() for name in REGISTRY)


class Content(msgspec.Struct, gc=False):
    """What a received or amended submission tells; the highest ``revision`` stands."""

    submission_id: str
    campaign: str
    channel: str
    mode: str
    unit: str
    edition: str | None = None
    questionnaire_version: str | None = None
    revision: Annotated[int, msgspec.Meta(ge=0)] = 0
    age_band: str | None = None
    sex: str | None = None
    answers: dict[str, str | list[str]] = {}


class Withdrawal(msgspec.Struct):
    """A submission that was taken back."""

    submission_id: str
    campaign: str


Told = Content | Withdrawal | AccessGranted | AccessRevoked

_decode_content = msgspec.json.Decoder(Content).decode
_decoders: Mapping[bytes, Callable[[bytes], Told]] = {
    SubmissionReceived.event_type.encode(): _decode_content,
    SubmissionAmended.event_type.encode(): _decode_content,
    SubmissionWithdrawn.event_type.encode(): msgspec.json.Decoder(Withdrawal).decode,
    AccessGranted.event_type.encode(): AccessGranted.model_validate_json,
    AccessRevoked.event_type.encode(): AccessRevoked.model_validate_json,
}


def told_by(message: LoggedMessage) -> Told | None:
    """What ``message`` tells; None when it is an event that analytics has no use for.

    Raises RejectEvent when it isn't an event of this system, and msgspec's or pydantic's error (both a
    ValueError) when its data can't be read.
    """
    message = in_binary_mode(message)
    event_type = type_of(message)
    decode = _decoders.get(event_type)
    if decode is not None:
        return decode(message.value)
    if event_type not in OUR_TYPES:
        raise RejectEvent(f"ce_type: not an event of this system: {event_type!r}")
    return None
