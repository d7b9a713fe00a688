"""What the reading process and the one that started it say to each other: messages with their length before them."""

from __future__ import annotations

import struct
from datetime import datetime

import msgspec

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.headers import Header
from services.intake.channels.excel.told import Rows

HEAD = struct.Struct(">I")
"""The length in bytes of what follows."""


class Task(msgspec.Struct, frozen=True):
    """What to read, in any of these versions, today's first; the workbook's bytes follow it, to the end."""

    layouts: list[Layout]
    has_default_unit: bool


class Opened(msgspec.Struct, frozen=True, tag=True):
    """A workbook whose headers are understood; ``last_row`` as Excel counts;
    ``epoch`` is day 0 of its serial numbers."""

    header: Header
    questionnaire_version: str | None
    consent_version: str
    epoch: datetime
    last_row: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The workbook can't be read, for this reason. Nothing follows.

    ``unknown_version`` is the one that it was made for, if that is why.
    """

    reason: str
    unknown_version: str | None = None


class Finished(msgspec.Struct, frozen=True, tag=True):
    """That was all."""


Message = Opened | Rows | Refused | Finished


def framed(message: Message | Task) -> bytes:
    """``message`` with its length before it."""
    body = _encode(message)
    return HEAD.pack(len(body)) + body


def message_of(body: bytes) -> Message:
    """The message that ``body`` is. Raises msgspec.DecodeError."""
    message: Message = _decode(body)
    return message


def task_of(body: bytes) -> Task:
    """The task that ``body`` is."""
    return msgspec.msgpack.decode(body, type=Task)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode
