"""The envelope: CloudEvents 1.0 in the Kafka protocol binding's binary mode.

Attributes travel in headers ``ce_<name>``, the data as the message's value (JSON), the partition key as the
message's key (CloudEvents, Kafka Protocol Binding 1.0.2, sections 3.1 and 3.2; extension ``partitionkey``).
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shared.errors import Invalid, RejectEvent
from shared.events.cloud_events import KAFKA_PREFIX, SPEC_VERSION, read_record
from shared.log.port import LoggedMessage, Message

CONTENT_TYPE = b"application/json"
_JSON = ("content-type", CONTENT_TYPE)
_VERSION = ("ce_specversion", SPEC_VERSION.encode())
_TYPE_PLACE = 1
_VERSION_PLACE = 2
_OWN_COUNT = 7


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
            _VERSION,
            ("ce_source", event.source.encode()),
            ("ce_subject", event.subject.encode()),
            ("ce_time", event.time.encode()),
            _JSON,
        ),
        value=event.data,
    )


def in_binary_mode(message: LoggedMessage) -> LoggedMessage:
    """``message`` in the mode that all readers here know, however another program wrote the event.

    Raises RejectEvent, naming the attribute, when it is no CloudEvent.
    """
    headers = message.headers
    if len(headers) == _OWN_COUNT and headers[_VERSION_PLACE] == _VERSION and headers[-1] == _JSON:
        return message  # as ``to_message`` writes it
    try:
        event = read_record(headers, message.value)
    except Invalid as error:
        reasons = "; ".join(f"{problem.field}: {problem.message}" for problem in error.problems)
        raise RejectEvent(reasons or str(error)) from error
    attributes = {name: value for name, value in event.attributes.items() if name != "datacontenttype"}
    written = tuple((f"{KAFKA_PREFIX}{name}", _text(value).encode()) for name, value in attributes.items())
    content_type = event.text("datacontenttype").encode() or CONTENT_TYPE
    key = message.key or event.text("partitionkey")
    return LoggedMessage(message.offset, key, (*written, ("content-type", content_type)), event.data_bytes)


def type_of(message: LoggedMessage) -> bytes:
    """The type of the event in a log message in binary mode, without reading the rest."""
    name, event_type = message.headers[_TYPE_PLACE] if len(message.headers) > _TYPE_PLACE else ("", None)
    if name != "ce_type":
        event_type = message.header("ce_type")
    if event_type is None:
        raise RejectEvent("ce_type: missing; every CloudEvent has it")
    return event_type


def from_message(message: LoggedMessage) -> Event:
    """The event in a log message. Raises RejectEvent when it isn't one, naming the attribute."""
    binary = in_binary_mode(message)
    headers = dict(binary.headers)
    return Event(
        id=_attribute(headers, "ce_id"),
        type=_attribute(headers, "ce_type"),
        source=_attribute(headers, "ce_source"),
        subject=_optional(headers, "ce_subject"),
        time=_optional(headers, "ce_time"),
        key=binary.key,
        data=binary.value,
    )


def _text(value: str | int | bool) -> str:
    """As the type system of CloudEvents writes it (section 3.1)."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
