"""Things that the tests of analytics are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from services.analytics.feasibility import Relation
from services.analytics.layout import Category, Counts, Layout, flat_axis, single_axis
from shared.access import Grant, GrantBook, Principal
from shared.events import (
    AccessGranted,
    Consent,
    EventData,
    SubmissionAmended,
    SubmissionReceived,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    derived_id,
    make_event,
    to_message,
)
from shared.log.port import LoggedMessage, Message, TopicPartition
from tests.suzhou import suzhou

SUZHOU = suzhou()
NOW = datetime(2024, 6, 1, tzinfo=UTC)
THEN = "2024-05-20T01:30:00.000Z"
PARTITION = TopicPartition("submissions", 0)
ANALYST = Principal(subject="analyst-1", kind="person", roles=frozenset({"analyst"}))


def received(id: str, **changes: object) -> SubmissionReceived:
    return SubmissionReceived(**_content(id, **changes))  # type: ignore[arg-type]


def amended(id: str, revision: int, **changes: object) -> SubmissionAmended:
    return SubmissionAmended(**_content(id, revision=revision, **changes))  # type: ignore[arg-type]


def withdrawn(id: str) -> SubmissionWithdrawn:
    return SubmissionWithdrawn(submission_id=id, campaign=SUZHOU.id, withdrawn_at=THEN)


def signed_off(id: str) -> SubmissionSignedOff:
    return SubmissionSignedOff(submission_id=id, campaign=SUZHOU.id, signed_off_by="lead", signed_off_at=THEN)


def granted(
    id: str = "g1", units: Iterable[str] = ("*",), variables: Iterable[str] = ("*",)
) -> AccessGranted:
    return AccessGranted(
        grant_id=id,
        campaign=SUZHOU.id,
        granted_to=ANALYST.subject,
        units=list(units),
        variables=list(variables),
        purpose="分析青年职工的诉求",
        until=(NOW + timedelta(days=30)).isoformat(),
        granted_by="leader-1",
        granted_at=THEN,
    )


def grant_of(units: Iterable[str] = ("*",)) -> Grant:
    book = GrantBook()
    book.granted(granted(units=units))
    return book.require(ANALYST, SUZHOU.id, (), (), NOW)


def message_of(data: EventData) -> Message:
    id = derived_id(data.event_type, data.model_dump_json())
    return to_message(make_event(data, id=id, source="/dafangtan/test", subject="s", time=THEN, key=id))


def batch_of(events: Iterable[EventData]) -> dict[TopicPartition, list[LoggedMessage]]:
    messages = (message_of(event) for event in events)
    return {
        PARTITION: [
            LoggedMessage(offset, message.key, message.headers, message.value)
            for offset, message in enumerate(messages)
        ]
    }


def table_of(inner: list[list[int]]) -> tuple[list[int], list[Relation]]:
    """The counts of a two-way table with its totals, and its sums."""
    rows, columns = len(inner), len(inner[0])
    layout = Layout(flat_axis(_categories(rows)), flat_axis(_categories(columns)))
    by_category: Counts = np.array(inner, dtype=np.int64)
    return layout.counts(by_category), layout.relations()


def line_of(parts: list[int]) -> tuple[list[int], list[Relation]]:
    """The counts of a one-way table with its total, and its sum."""
    layout = Layout(flat_axis(_categories(len(parts))), single_axis())
    return layout.counts(np.array([parts], dtype=np.int64).T), layout.relations()


def _categories(count: int) -> list[Category]:
    return [Category(str(place), str(place)) for place in range(count)]


def _content(id: str, **changes: object) -> Mapping[str, object]:
    content = {
        "submission_id": id,
        "campaign": SUZHOU.id,
        "campaign_version": SUZHOU.version,
        "channel": "offline",
        "mode": "offline",
        "edition": "general",
        "unit": "zhangjiagang",
        "collected_at": THEN,
        "received_at": THEN,
        "age_band": "26-30",
        "sex": "female",
        "answers": {"q01": "b", "q07": ["a", "d"]},
        "consent": Consent(version="2024-05", given_at=THEN),
    }
    return {**content, **changes}
