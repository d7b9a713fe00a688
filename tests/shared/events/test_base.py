"""Ids that never change, the registry, and data as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import REGISTRY, EventData, NoticeSent, Topic, derived_id, make_event

parts = st.lists(st.text(max_size=5), min_size=1, max_size=4)

SENT = NoticeSent(notice_id="n1", cause_id="e1", channel="mail", sent_at="2024-05-20T01:30:00.000Z")


def test_ids_are_what_they_always_were() -> None:
    """Were they to change, what was told before would be told again under another id."""
    assert derived_id("e1") == "9afe21ca-6b10-550e-a529-f66c1922aa77"
    assert derived_id("e1", "told") == "32b9a12e-035f-50da-9f66-2755fa682a77"
    assert derived_id("campaign/kunshan/50", "访谈") == "4091be77-a78a-554b-b449-a2c737d442c7"


@given(parts, parts)
def test_other_causes_give_other_ids(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


def test_a_slash_in_a_part_is_no_border_between_two() -> None:
    assert len({derived_id("a", "b/c"), derived_id("a/b", "c"), derived_id("a", "b", "c")}) == 3


def test_a_type_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):

        class Again(EventData, type="dafangtan.notice.sent.v1", topic=Topic.NOTICES):
            """A second one of this name."""


def test_every_type_says_what_it_is() -> None:
    for name, model in REGISTRY.items():
        assert model.event_type == name
        assert name.startswith("dafangtan.")
        assert name.endswith(".v1")
        assert isinstance(model.topic, Topic)
        assert model.__doc__


def test_what_is_none_is_not_told() -> None:
    class Open(EventData, type="test.open.v1", topic=Topic.NOTICES):
        """One with a field that may be missing."""

        word: str | None = None

    try:
        event = make_event(Open(), id="e1", source="/test", subject="s1", time="", key="k1")
        assert json.loads(event.data) == {}
    finally:
        del REGISTRY["test.open.v1"]


def test_an_event_has_the_type_of_its_data() -> None:
    event = make_event(SENT, id="e1", source="/dafangtan/notify", subject="n1", time="t", key="n1")
    assert event.type == "dafangtan.notice.sent.v1"
    assert json.loads(event.data) == SENT.model_dump()
