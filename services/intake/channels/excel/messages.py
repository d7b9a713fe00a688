"""What the reading process and the one that started it say to each other: messages with their length before them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.headers import Header
from services.intake.channels.excel.rows import Filled, Wrong

HEAD = struct.Struct(">I")
"""The length in bytes of what follows."""
ROWS_AT_ONCE = 128
"""As many as can be sealed and kept without holding up anything else for long."""
BYTES_AT_ONCE = 1_000_000
ROW_LIMIT_BYTES = 500_000
"""Several times what all questions together allow."""


class Task(msgspec.Struct, frozen=True):
    """What to read, in any of these versions, today's first; the workbook's bytes follow it, to the end."""

    layouts: list[Layout]
    default_unit: str | None


class Opened(msgspec.Struct, frozen=True, tag=True):
    """A workbook whose headers are understood; ``last_row`` as Excel counts;
    ``epoch`` is day 0 of its serial numbers."""

    header: Header
    questionnaire_version: str | None
    consent_version: str
    epoch: datetime
    last_row: int


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row with content: its cells as they are, and what they mean or what is wrong."""

    number: int
    cells: list[Any]
    said: Filled | Wrong


class Rows(msgspec.Struct, frozen=True, tag=True):
    """Some rows, in order."""

    rows: list[Row]


class RawRows(msgspec.Struct, frozen=True, tag="Rows"):
    """The same as they are written."""

    rows: list[msgspec.Raw]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The workbook can't be read, for this reason. Nothing follows."""

    reason: str


class Finished(msgspec.Struct, frozen=True, tag=True):
    """That was all."""


Message = Opened | Rows | Refused | Finished


def framed(message: Message | RawRows | Task) -> bytes:
    """``message`` with its length before it."""
    body = _encode(message)
    return HEAD.pack(len(body)) + body


def gathered(rows: Iterable[Row]) -> Iterator[RawRows]:
    """``rows`` in groups that are neither many nor large."""
    encoded: list[msgspec.Raw] = []
    size_bytes = 0
    for row in rows:
        body = _encode(row)
        if len(body) > ROW_LIMIT_BYTES:
            body = _encode(Row(row.number, [], Wrong(["这一行的内容太多，超过了一行的上限"], False)))
        encoded.append(msgspec.Raw(body))
        size_bytes += len(body)
        if len(encoded) == ROWS_AT_ONCE or size_bytes > BYTES_AT_ONCE:
            yield RawRows(encoded)
            encoded, size_bytes = [], 0
    if encoded:
        yield RawRows(encoded)


def message_of(body: bytes) -> Message:
    """The message that ``body`` is. Raises msgspec.DecodeError."""
    message: Message = _decode(body)
    return message


def task_of(body: bytes) -> Task:
    """The task that ``body`` is."""
    return msgspec.msgpack.decode(body, type=Task)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode
