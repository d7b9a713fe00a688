"""What the fold rejects, and what it leaves alone."""

import pytest

from services.analytics.consumer import SubmissionColumns
from shared.consuming import Rejection
from shared.events import AccessRequested, AccessRevoked
from shared.log.port import LoggedMessage
from shared.metrics import ANALYTICS_ROWS
from tests.services.analytics.making import (
    ANALYST,
    NOW,
    PARTITION,
    SUZHOU,
    THEN,
    batch_of,
    granted,
    message_of,
    received,
    withdrawn,
)
from tests.services.raw import raw_message


def rejections_of(type: str, value: bytes) -> list[Rejection]:
    message = raw_message(7, type, value)
    return SubmissionColumns({SUZHOU.id: SUZHOU}).apply({PARTITION: [message]})


@pytest.mark.parametrize(
    ("type", "value", "reason"),
    [
        ("dafangtan.submission.received.v1", b"{", "data"),
        ("dafangtan.submission.received.v1", b"\xff", "data"),
        ("dafangtan.submission.received.v1", b"{}", "submission_id"),
        ("dafangtan.submission.withdrawn.v1", b'{"submission_id": 7}', "submission_id"),
        ("dafangtan.submission.withdrawn.v1", b'{"submission_id": "s", "campaign": "other"}', "other"),
        ("dafangtan.access.granted.v1", b'{"grant_id": "g"}', "data"),
        ("dafangtan.access.revoked.v1", b"[]", "data"),
        ("somebody.else.happened.v1", b"{}", "ce_type"),
        ("dafangtan.submission.received.v2", b"{}", "ce_type"),
        ("", b"{}", "ce_type"),
    ],
)
def test_what_can_not_be_read_is_rejected_with_the_reason(type, value, reason):
    [rejection] = rejections_of(type, value)
    assert reason in rejection.reason
    assert (rejection.partition, rejection.message.offset) == (PARTITION, 7)


def test_a_revision_below_zero_is_rejected():
    message = message_of(received("s", revision=-1))
    [rejection] = rejections_of("dafangtan.submission.received.v1", message.value)
    assert "revision" in rejection.reason


def test_the_rest_of_the_batch_is_applied():
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    [*messages] = batch_of([received("a"), received("b")])[PARTITION]
    messages.insert(1, LoggedMessage(9, "k", (), b""))
    assert len(fold.apply({PARTITION: messages})) == 1
    assert fold.books(SUZHOU.id)["accepted"] == 2


def test_our_events_that_are_of_no_use_here_are_left_alone():
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    request = AccessRequested(
        grant_id="g",
        campaign=SUZHOU.id,
        requested_by="x",
        units=["*"],
        variables=["*"],
        purpose="用途",
        until=THEN,
        requested_at=THEN,
    )
    assert fold.apply(batch_of([request])) == []


def test_grants_come_from_the_access_events():
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    fold.apply(batch_of([granted("g7")]))
    assert fold.grants.require(ANALYST, SUZHOU.id, (), ("sex",), NOW).id == "g7"


def test_a_grant_whose_end_can_not_be_read_is_rejected():
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    [rejection] = fold.apply(batch_of([granted().model_copy(update={"until": "tomorrow"})]))
    assert "until" in rejection.reason


def test_a_revocation_ends_a_grant():
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    revoked = AccessRevoked(
        grant_id="g7",
        campaign=SUZHOU.id,
        granted_to=ANALYST.subject,
        revoked_by="leader-1",
        reason="用途已结束",
        revoked_at=THEN,
    )
    fold.apply(batch_of([revoked, granted("g7")]))
    with pytest.raises(Exception, match="批准"):
        fold.grants.require(ANALYST, SUZHOU.id, (), ("sex",), NOW)


def test_the_rows_are_a_gauge():
    SubmissionColumns({SUZHOU.id: SUZHOU}).apply(batch_of([received("a"), received("b"), withdrawn("b")]))

    def rows(state: str) -> float:
        return ANALYTICS_ROWS.labels(campaign=SUZHOU.id, state=state)._value.get()

    assert (rows("live"), rows("withdrawn")) == (1, 1)
