"""Log messages in binary mode whose data is whatever a test wants it to be."""

from __future__ import annotations

from shared.events import Event, to_message
from shared.log.port import LoggedMessage


def raw_message(offset: int, event_type: str, data: bytes) -> LoggedMessage:
    """A message of ``event_type``, right in everything but its data."""
    message = to_message(Event("1", event_type, "/t", "s", "2024-06-01T00:00:00Z", "k", data))
    return LoggedMessage(offset, message.key, message.headers, message.value)
