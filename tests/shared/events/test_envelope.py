"""CloudEvents in the Kafka binding's binary mode: there and back, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RejectEvent
from shared.events import Event, from_message, rfc3339, to_message
from shared.log.port import LoggedMessage

texts = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
EVENT = Event("e1", "test.heard.v1", "/test", "s1", "2024-05-20T01:30:00.000Z", "k1", b'{"a": 1}')


def logged(event: Event) -> LoggedMessage:
    message = to_message(event)
    return LoggedMessage(7, message.key, message.headers, message.value)


def with_header(name: str, value: bytes | None) -> LoggedMessage:
    """The message of EVENT with another value of a header, or without it."""
    message = logged(EVENT)
    headers = [(each, old) for each, old in message.headers if each != name]
    return LoggedMessage(7, "k1", tuple(headers + ([] if value is None else [(name, value)])), message.value)


@given(
    st.builds(
        Event, id=names, type=names, source=names, subject=texts, time=texts, key=texts, data=st.binary()
    )
)
def test_an_event_comes_back_as_it_went(event: Event) -> None:
    assert from_message(logged(event)) == event


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source"])
@pytest.mark.parametrize("value", [None, b""])
def test_an_event_without_a_required_attribute_is_refused_by_name(name: str, value: bytes | None) -> None:
    with pytest.raises(RejectEvent, match=f"{name.removeprefix('ce_')}: 每个事件都须有"):
        from_message(with_header(name, value))


@pytest.mark.parametrize("value", [None, b"", b"0.3", b"2.0"])
def test_another_version_of_the_specification_is_refused(value: bytes | None) -> None:
    with pytest.raises(RejectEvent, match=r"specversion: 应为 1\.0"):
        from_message(with_header("ce_specversion", value))


@pytest.mark.parametrize("name", ["ce_id", "ce_subject", "ce_time"])
def test_an_attribute_that_is_not_utf8_is_refused_by_name(name: str) -> None:
    with pytest.raises(RejectEvent, match=f"{name}: 不是有效的 UTF-8"):
        from_message(with_header(name, b"\xff\xfe"))


@pytest.mark.parametrize("name", ["ce_subject", "ce_time", "content-type"])
def test_an_optional_attribute_may_be_missing(name: str) -> None:
    assert from_message(with_header(name, None)).id == EVENT.id


def test_a_message_without_headers_is_refused() -> None:
    with pytest.raises(RejectEvent):
        from_message(LoggedMessage(0, "", (), b""))


def test_a_whole_event_in_the_value_is_read_whatever_the_headers_say() -> None:
    value = b'{"specversion": "1.0", "id": "other", "type": "t", "source": "/s", "data": {"a": 1}}'
    message = LoggedMessage(
        7, "k1", with_header("content-type", b"application/cloudevents+json").headers, value
    )
    event = from_message(message)
    assert (event.id, event.key, event.data) == ("other", "k1", b'{"a": 1}')


@pytest.mark.parametrize(
    "content_type", [b"Application/CloudEvents-batch+json", b"application/cloudevents+avro"]
)
def test_batches_and_other_formats_are_refused(content_type: bytes) -> None:
    with pytest.raises(RejectEvent, match="content-type"):
        from_message(with_header("content-type", content_type))


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_a_time_is_written_in_utc_with_milliseconds_and_read_as_the_same_instant(moment: datetime) -> None:
    if not datetime(1970, 1, 1, tzinfo=UTC) <= moment < datetime(9999, 1, 1, tzinfo=UTC):
        return
    written = rfc3339(moment)
    assert len(written) == len("2024-05-20T01:30:00.000Z")
    assert timedelta(0) <= moment - datetime.fromisoformat(written) < timedelta(milliseconds=1)


def test_the_same_instant_is_written_the_same_wherever_it_was_read_off() -> None:
    at_suzhou = datetime(2024, 5, 20, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert rfc3339(at_suzhou) == rfc3339(at_suzhou.astimezone(UTC)) == "2024-05-20T01:30:00.000Z"
