"""CloudEvents as others write them: the public examples, and whatever bytes arrive."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid, RejectEvent
from shared.events import from_message, in_binary_mode
from shared.events.cloud_events import CloudEvent, Mode, mode_of, read_http, read_json, read_record
from shared.log.port import LoggedMessage
from tests.public_cases import each_case, public_cases

JSON_EVENTS = public_cases("events", "json_events.json")
BINDINGS = public_cases("events", "bindings.json") or {"http": None, "kafka": None}
MINIMAL = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s"}


def is_as_expected(event: CloudEvent, case: dict[str, Any]) -> None:
    assert event.attributes == case["expected_attributes"]
    if "expected_data_base64" in case:
        assert event.data == b64decode(case["expected_data_base64"])
    else:
        assert event.data == case["expected_data"]


@pytest.mark.parametrize("case", each_case(JSON_EVENTS, "events in JSON"))
def test_events_in_the_json_format(case: dict[str, Any]) -> None:
    if not case["valid"]:
        with pytest.raises(Invalid) as caught:
            read_json(case["json"].encode())
        assert caught.value.problems
        return
    is_as_expected(read_json(case["json"].encode()), case)


@pytest.mark.parametrize("case", each_case(BINDINGS["http"], "events over HTTP"))
def test_events_over_http(case: dict[str, Any]) -> None:
    headers = case["headers"].items() if isinstance(case["headers"], dict) else case["headers"]
    if not case["valid"]:
        with pytest.raises(Invalid):
            read_http(headers, case["body"].encode())
        return
    mode, events = read_http(headers, case["body"].encode())
    assert mode == case["mode"]
    if mode is Mode.BATCHED:
        assert [event.text("id") for event in events] == case["expected_ids"]
    else:
        is_as_expected(events[0], case)


@pytest.mark.parametrize("case", each_case(BINDINGS["kafka"], "events in Kafka"))
def test_events_in_kafka(case: dict[str, Any]) -> None:
    raw_source = bytes.fromhex(case["ce_source_hex"]) if "ce_source_hex" in case else None
    headers = [(name, value.encode()) for name, value in case["headers"].items()]
    headers += [] if raw_source is None else [("ce_source", raw_source)]
    message = LoggedMessage(0, "", tuple(headers), (case["value"] or "").encode())
    if not case["valid"]:
        with pytest.raises(RejectEvent):
            in_binary_mode(message)
        return
    assert mode_of(dict(headers).get("content-type", b"").decode()) == case["mode"]
    is_as_expected(read_record(headers, message.value), case)
    written = in_binary_mode(message)
    is_as_expected_again = read_record(written.headers, written.value)
    assert is_as_expected_again.data == case["expected_data"]
    assert from_message(message).key == case.get("expected_key", "")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"id": ""}, "id"),
        ({"source": None}, "source"),
        ({"source": "a b"}, "source"),
        ({"type": 5}, "type"),
        ({"specversion": "0.3"}, "specversion"),
        ({"time": "2024-02-30T00:00:00Z"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"subject": ""}, "subject"),
        ({"dataschema": "relative"}, "dataschema"),
        ({"datacontenttype": "json"}, "datacontenttype"),
        ({"ext": {"a": 1}}, "ext"),
        ({"ext": 1.0}, "ext"),
        ({"ext": 2**31}, "ext"),
        ({"ext": "a\u0007"}, "ext"),
        ({"Ext": "a"}, "Ext"),
        ({"data_base64": "%%"}, "data_base64"),
        ({"data": 1, "data_base64": "AA=="}, "data_base64"),
    ],
)
def test_what_breaks_the_specification_is_named(change: dict[str, Any], name: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_json(json.dumps(MINIMAL | change).encode())
    assert [problem.field for problem in caught.value.problems] == [name]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[",
        b'{"a": 1, "a": 2}',
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b"\xff",
        b"[" * 100_000,
        b'"event"',
        b"[]",
    ],
)
def test_what_is_no_event_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid):
        read_json(text)


def test_in_a_batch_the_place_of_the_broken_event_is_told() -> None:
    body = json.dumps([MINIMAL, MINIMAL | {"id": ""}]).encode()
    with pytest.raises(Invalid) as caught:
        read_http([("Content-Type", "application/cloudevents-batch+json")], body)
    assert [problem.field for problem in caught.value.problems] == ["[1].id"]


@given(
    st.binary(), st.lists(st.tuples(st.sampled_from(["ce-id", "ce-type", "content-type", "ce-x"]), st.text()))
)
def test_whatever_arrives_is_read_or_refused(body: bytes, headers: list[tuple[str, str]]) -> None:
    with suppress(Invalid):
        read_http(headers, body)
    with suppress(RejectEvent):
        in_binary_mode(
            LoggedMessage(0, "", tuple((name.replace("-", "_"), v.encode()) for name, v in headers), body)
        )
