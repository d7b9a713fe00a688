"""What arrives as CloudEvents, one in a request or many: submissions, for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import orjson

from shared.errors import FieldProblem, Invalid
from shared.events.cloud_events import CloudEvent, Mode

POSTED = "dafangtan.submission.posted.v1"
"""The type of an event that posts a submission: its data is what ``POST /submissions`` takes. A ``source_id``
that isn't given is the event's id."""


def submissions_in(mode: Mode, events: Sequence[CloudEvent]) -> Sequence[bytes]:
    """The submission (JSON) that each of ``events`` posts, in order.

    Raises Invalid for what are no such events, naming attribute and place.
    """
    return [
        _json({"source_id": event.text("id"), **event.data}, place)
        for event, place in _placed(mode, events, POSTED)
    ]


def contents_in(mode: Mode, events: Sequence[CloudEvent], event_type: str) -> Sequence[bytes]:
    """The data (JSON) of each of ``events``, in order. Raises as ``submissions_in`` where one has another type."""
    return [_json(event.data, place) for event, place in _placed(mode, events, event_type)]


def _placed(mode: Mode, events: Sequence[CloudEvent], event_type: str) -> Iterator[tuple[CloudEvent, str]]:
    """Each event, known to be of the type and to have an object as its data, with what tells its place."""
    for number, event in enumerate(events):
        place = f"[{number}]." if mode is Mode.BATCHED else ""
        if event.text("type") != event_type:
            _refuse(f"{place}type", f"应为 {event_type}")
        if not isinstance(event.data, dict):
            _refuse(f"{place}data", "应为 JSON 对象")
        yield event, place


def _json(data: Mapping[str, Any], place: str) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:  # half a character, or a number beyond 64 bits: no answer has such
        _refuse(f"{place}data", "含有不完整的字符，或过大的数")


def _refuse(field: str, reason: str) -> NoReturn:
    raise Invalid(
        "事件有误，请按所列各项修改后重新发送。", [FieldProblem(field, reason)], code="bad-cloud-event"
    )
