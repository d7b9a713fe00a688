"""Submissions that arrive as CloudEvents, one in a request or many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

import orjson

from shared.errors import FieldProblem, Invalid
from shared.events.cloud_events import CloudEvent, Mode, read_http

POSTED = "dafangtan.submission.posted.v1"
"""The type of an event that posts a submission: its data is what ``POST /submissions`` takes. A ``source_id``
that isn't given is the event's id."""


def submissions_in(headers: Iterable[tuple[str, str]], body: bytes) -> tuple[Mode, Sequence[bytes]]:
    """How the events came, and the submission (JSON) that each of them posts, in order.

    Raises Invalid for what are no such events, naming attribute and place.
    """
    mode, events = read_http(headers, body)
    return mode, [
        _submission(event, f"[{place}]." if mode is Mode.BATCHED else "")
        for place, event in enumerate(events)
    ]


def _submission(event: CloudEvent, place: str) -> bytes:
    if event.text("type") != POSTED:
        _refuse(f"{place}type", f"应为 {POSTED}")
    if not isinstance(event.data, dict):
        _refuse(f"{place}data", "应为一份提交（JSON 对象）")
    try:
        return orjson.dumps({"source_id": event.text("id"), **event.data})
    except TypeError:  # half a character, or a number beyond 64 bits: no answer has such
        _refuse(f"{place}data", "含有不完整的字符，或过大的数")


def _refuse(field: str, reason: str) -> NoReturn:
    raise Invalid(
        "事件有误，请按所列各项修改后重新发送。", [FieldProblem(field, reason)], code="bad-cloud-event"
    )
