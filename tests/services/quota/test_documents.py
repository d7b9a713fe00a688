"""What quota reads and keeps: unreadable messages are rejected, documents say what stood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.decoding import StepReader
from services.quota.documents import claims_of, person_body, standing_body, standing_of
from services.quota.model import Claim, Content, Rules, Standing
from shared.consuming.hearing import Hearing
from shared.events import SubmissionReceived
from shared.log.port import TopicPartition
from shared.store.port import Document
from tests.services.raw import raw_message
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
RULES = {CAMPAIGN.id: Rules.of(CAMPAIGN)}
PARTITION = TopicPartition("submissions", 0)
TEXT = st.text(max_size=10)
CONTENT = st.builds(Content, TEXT, TEXT, TEXT, TEXT, st.none() | TEXT, st.none() | TEXT, TEXT, TEXT)
STANDING = st.builds(Standing, st.none() | CONTENT, st.integers(-1, 9), st.booleans(), st.booleans())
CLAIMS = st.frozensets(st.builds(Claim, TEXT, TEXT, TEXT, TEXT), max_size=4)


def message(offset, value):
    return raw_message(offset, SubmissionReceived.event_type, value)


def good(id):
    fields = {
        "submission_id": id,
        "campaign": CAMPAIGN.id,
        "channel": "wechat",
        "edition": "general",
        "unit": "taicang",
        "received_at": "2024-05-20T01:30:00.000Z",
        "collected_at": "2024-05-20T09:20:00+08:00",
    }
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "unreadable",
    [
        b"",
        b"[]",
        b"\xff",
        good("x")[:-1],
        good("x").replace(b"general", b"\xff\xfe"),
        good("x")[:-1] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        good("x").replace(b'"wechat"', b"7"),
        good("x").replace(b"2024-05-20T01", b"yesterday"),
        good("x").replace(b"2024-05-20T09", b"2024-02-31T09"),
    ],
)
def test_what_cannot_be_read_is_rejected_between_its_neighbours(unreadable):
    batch = {PARTITION: [message(0, good("a")), message(1, unreadable), message(2, good("b"))]}
    steps, (rejection,) = Hearing(StepReader(RULES).read).of(batch)
    assert [step.submission_id for step in steps] == ["a", "b"]
    assert rejection.message.offset == 1
    assert rejection.reason


def kept(body):
    """As the store gives it back."""
    return Document("x", 1, json.loads(body))


@given(STANDING)
def test_a_standing_comes_back_from_its_document(standing):
    assert standing_of(kept(standing_body(standing))) == standing


@given(CLAIMS)
def test_claims_come_back_from_their_document(claims):
    assert claims_of(kept(person_body(claims))) == claims
