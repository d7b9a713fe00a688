"""The envelope: CloudEvents 1.0 in the Kafka protocol binding's binary mode.

Attributes travel in headers ``ce_<name>``, the data as the message's value (JSON), the partition key as the
message's key (CloudEvents, Kafka Protocol Binding 1.0.2, sections 3.1 and 3.2; extension ``partitionkey``).
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shared.errors import RejectEvent
from shared.log.port import LoggedMessage, Message

SPEC_VERSION = b"1.0"
CONTENT_TYPE = b"application/json"
STRUCTURED_MODE = b"application/cloudevents"
"""How the content type of a whole event in one value begins, whatever the headers (ibid., section 3)."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened. ``data`` is JSON; ``key`` keeps events that belong together in order.

    ``id`` is derived from the event's cause, so the same happening has the same id however often it is
    told. ``subject`` is the id of the thing it happened to. ``time`` is RFC 3339 in UTC.
    """

    id: str
    type: str
    source: str
    subject: str
    time: str
    key: str
    data: bytes


def rfc3339(moment: datetime) -> str:
    """``moment`` (aware) in UTC with milliseconds: ``2024-05-20T01:30:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_message(event: Event) -> Message:
    """The event as a log message."""
    return Message(
        key=event.key,
        headers=(
            ("ce_id", event.id.encode()),
            ("ce_type", event.type.encode()),
            ("ce_specversion", SPEC_VERSION),
            ("ce_source", event.source.encode()),
            ("ce_subject", event.subject.encode()),
            ("ce_time", event.time.encode()),
            ("content-type", CONTENT_TYPE),
        ),
        value=event.data,
    )


def type_of(message: LoggedMessage) -> bytes:
    """The type of the event in a log message, without reading the rest. Raises RejectEvent when it has none."""
    event_type = message.header("ce_type")
    if event_type is None:
        raise RejectEvent("ce_type: missing; every CloudEvent has it")
    return event_type


def from_message(message: LoggedMessage) -> Event:
    """The event in a log message. Raises RejectEvent when it isn't one, naming the attribute."""
    headers = dict(message.headers)
    if headers.get("content-type", b"").lower().startswith(STRUCTURED_MODE):
        raise RejectEvent("content-type: structured mode is not read here; send binary mode (ce_ headers)")
    if headers.get("ce_specversion") != SPEC_VERSION:
        raise RejectEvent(f"ce_specversion: expected 1.0, came {headers.get('ce_specversion')!r}")
    return Event(
        id=_attribute(headers, "ce_id"),
        type=_attribute(headers, "ce_type"),
        source=_attribute(headers, "ce_source"),
        subject=_optional(headers, "ce_subject"),
        time=_optional(headers, "ce_time"),
        key=message.key,
        data=message.value,
    )


def _attribute(headers: dict[str, bytes], name: str) -> str:
    text = _optional(headers, name)
    if not text:
        raise RejectEvent(f"{name}: missing or empty; every CloudEvent has it")
    return text


def _optional(headers: dict[str, bytes], name: str) -> str:
    try:
        return headers.get(name, b"").decode()
    except UnicodeDecodeError as error:
        raise RejectEvent(f"{name}: not UTF-8 ({error})") from error
