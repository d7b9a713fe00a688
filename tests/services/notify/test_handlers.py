"""The fold: from events to inbox entries, mails and deliveries, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notify import store as documents
from services.notify.handlers import MAILED_FOR
from services.notify.model import DeliveryState
from services.notify.outcomes import outcome_event
from services.notify.store import delivery_of
from shared.campaign import Campaign
from shared.events import (
    AccessGranted,
    AccessRefused,
    AccessRequested,
    Event,
    EventData,
    NoticeFailed,
    NoticeSent,
    QuotaMilestoneReached,
    QuotaStatus,
    SubmissionWithdrawn,
    derived_id,
    make_event,
    rfc3339,
)
from shared.store import open_store
from shared.store.port import Body, Store
from tests.services.notify.telling import fold, status_changed

NOW = datetime(2024, 6, 1, 1, 30, tzinfo=UTC)
COLLECTIONS = (documents.INBOX, documents.MAILS, documents.DELIVERIES)
OFFICE_ADDRESS = "office@suzhou.example.invalid"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    await opened.open(COLLECTIONS)
    yield opened
    await opened.close()


def event(data: EventData, id: str = "e1", at: datetime = NOW) -> Event:
    return make_event(data, id=id, source="/dafangtan/test", subject="s", time=rfc3339(at), key="k")


def milestone(line: str = "zhangjiagang", percent: int = 50) -> QuotaMilestoneReached:
    return QuotaMilestoneReached(
        campaign="suzhou-2024",
        quota_line=line,
        percent=percent,
        counted_count=500,
        target_count=1000,
        reached_at=rfc3339(NOW),
    )


def granted() -> AccessGranted:
    return AccessGranted(
        grant_id="g1",
        campaign="suzhou-2024",
        granted_to="ann",
        units=["*"],
        variables=["*"],
        purpose="分析青年职工的住房诉求",
        until=rfc3339(NOW + timedelta(days=9)),
        granted_by="lee",
        granted_at=rfc3339(NOW),
    )


def sent(notice_id: str) -> NoticeSent:
    return NoticeSent(notice_id=notice_id, cause_id="e1", channel="mail", sent_at=rfc3339(NOW))


def failed(notice_id: str) -> NoticeFailed:
    return NoticeFailed(
        notice_id=notice_id, cause_id="e1", channel="mail", reason="550 no", failed_at=rfc3339(NOW)
    )


async def content(store: Store) -> dict[str, dict[str, Body]]:
    """Every document of the fold, by collection and id."""
    return {
        collection.name: {d.id: d.body for d in (await store.find(collection, {}, limit=1000)).documents}
        for collection in COLLECTIONS
    }


async def states(store: Store) -> dict[str, DeliveryState]:
    page = await store.find(documents.DELIVERIES, {}, limit=1000)
    return {document.id: delivery_of(document).state for document in page.documents}


async def test_an_event_becomes_entries_and_mails_that_wait(store: Store, campaign: Campaign) -> None:
    assert await fold(store, campaign, [event(milestone())], now=NOW) == []
    found = await content(store)
    assert {entry["recipient"] for entry in found["notify.inbox"].values()} == {
        "role:office",
        "unit:zhangjiagang",
    }
    mails = found["notify.mails"]
    assert {mail["address"] for mail in mails.values()} == {
        OFFICE_ADDRESS,
        "zhangjiagang@units.example.invalid",
    }
    assert await states(store) == dict.fromkeys(mails, DeliveryState.PENDING)


async def test_a_person_without_an_address_is_told_in_the_inbox(store: Store, campaign: Campaign) -> None:
    refused = AccessRefused(
        grant_id="g1",
        campaign="suzhou-2024",
        requested_by="ann",
        refused_by="lee",
        reason="用途不明确",
        refused_at=rfc3339(NOW),
    )
    await fold(store, campaign, [event(refused)], now=NOW)
    found = await content(store)
    (entry,) = found["notify.inbox"].values()
    assert entry["recipient"] == "subject:ann"
    assert "用途不明确" in entry["body"]
    assert found["notify.mails"] == {}


@pytest.mark.parametrize("data", [milestone(), status_changed(QuotaStatus.BEHIND)], ids=["share", "status"])
async def test_the_same_event_again_makes_nothing_twice(
    store: Store, campaign: Campaign, data: EventData
) -> None:
    await fold(store, campaign, [event(data), event(data)], now=NOW)
    before = await content(store)
    await fold(store, campaign, [event(data)], now=NOW + timedelta(hours=1))
    assert await content(store) == before
    assert len(before["notify.inbox"]) == 2


async def test_without_a_mail_server_nothing_waits_to_be_sent(store: Store, campaign: Campaign) -> None:
    await fold(store, campaign, [event(milestone())], is_mail_on=False, now=NOW)
    assert await states(store) == {}
    assert len((await content(store))["notify.inbox"]) == 2


async def test_old_news_goes_to_the_inbox_only(store: Store, campaign: Campaign) -> None:
    await fold(store, campaign, [event(milestone(), at=NOW - MAILED_FOR - timedelta(seconds=1))], now=NOW)
    assert await states(store) == {}
    await fold(store, campaign, [event(milestone(percent=75), id="e2", at=NOW - MAILED_FOR)], now=NOW)
    assert len(await states(store)) == 2


@pytest.mark.parametrize("is_first", [True, False])
async def test_what_the_log_says_of_a_mail_holds_in_either_order(
    store: Store, campaign: Campaign, is_first: bool
) -> None:
    mail_id = derived_id("e1", "mail", OFFICE_ADDRESS)
    batches = [[event(milestone())], [event(sent(mail_id), id="e2")]]
    for batch in batches if is_first else reversed(batches):
        await fold(store, campaign, batch, now=NOW)
    assert (await states(store))[mail_id] is DeliveryState.SENT


EVENTS = [
    event(milestone(), id="e1"),
    event(granted(), id="e2"),
    event(sent(derived_id("e1", "mail", OFFICE_ADDRESS)), id="e3"),
    event(failed(derived_id("e2", "mail", OFFICE_ADDRESS)), id="e4"),
    event(failed(derived_id("e1", "mail", OFFICE_ADDRESS)), id="e5"),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([*EVENTS, *EVENTS]), cut=st.integers(0, 2 * len(EVENTS)))
async def test_neither_order_nor_repeats_nor_batches_matter(
    tmp_path_factory: pytest.TempPathFactory, campaign: Campaign, order: list[Event], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("fold")
    results = []
    for name, batches in {"plain": [EVENTS], "shuffled": [order[:cut], order[cut:]]}.items():
        opened = open_store(f"sqlite:///{folder}/{name}.db")
        await opened.open(COLLECTIONS)
        for batch in batches:
            await fold(opened, campaign, batch, now=NOW)
        found = await content(opened)
        results.append((found["notify.inbox"], found["notify.mails"], await states(opened)))
        await opened.close()
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (event(milestone("atlantis")), "atlantis"),
        (event(milestone().model_copy(update={"campaign": "venice-1900"})), "venice-1900"),
        (event(milestone().model_copy(update={"reached_at": "soon"})), "reached_at"),
    ],
)
async def test_what_can_never_be_told_is_rejected_with_the_reason_and_the_rest_is_told(
    store: Store, campaign: Campaign, broken: Event, reason: str
) -> None:
    (said,) = await fold(store, campaign, [broken, event(granted(), id="e2")], now=NOW)
    assert reason in said
    assert len((await content(store))["notify.inbox"]) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "dafangtan.moon.landed.v1"}, "moon"),
        ({"data": b"{"}, "data: "),
        ({"data": b"{}"}, "campaign: "),
        ({"time": "yesterday"}, "ce_time"),
        ({"time": "2024-06-01T09:30:00"}, "offset"),
    ],
)
async def test_a_broken_event_is_rejected(
    store: Store, campaign: Campaign, changes: dict[str, object], reason: str
) -> None:
    whole = event(milestone())
    fields = {name: getattr(whole, name) for name in Event.__slots__}
    (said,) = await fold(store, campaign, [Event(**{**fields, **changes})], now=NOW)
    assert reason in said
    assert await content(store) == {collection.name: {} for collection in COLLECTIONS}


async def test_the_reason_of_a_rejection_quotes_no_input(store: Store, campaign: Campaign) -> None:
    fields = {name: getattr(event(milestone()), name) for name in Event.__slots__}
    data = b'{"campaign": "suzhou-2024", "quota_line": {"phone": "13800138000"}}'
    (said,) = await fold(store, campaign, [Event(**{**fields, "data": data})], now=NOW)
    assert "13800138000" not in said


async def test_events_that_nobody_is_told_of_are_passed_over(store: Store, campaign: Campaign) -> None:
    withdrawn = SubmissionWithdrawn(submission_id="s", campaign="suzhou-2024", withdrawn_at=rfc3339(NOW))
    assert await fold(store, campaign, [event(withdrawn)], now=NOW) == []
    assert await content(store) == {collection.name: {} for collection in COLLECTIONS}


async def test_the_outcome_that_a_sender_tells_is_the_one_that_the_fold_hears(
    store: Store, campaign: Campaign
) -> None:
    await fold(store, campaign, [event(milestone())], now=NOW)
    mail_id = derived_id("e1", "mail", OFFICE_ADDRESS)
    document = await store.get(documents.DELIVERIES, mail_id)
    assert document is not None
    told = outcome_event(replace(delivery_of(document), state=DeliveryState.FAILED, reason="550 no"))
    assert told is not None
    await fold(store, campaign, [told], now=NOW)
    heard = await store.get(documents.DELIVERIES, mail_id)
    assert heard is not None
    assert (delivery_of(heard).state, delivery_of(heard).reason) == (DeliveryState.FAILED, "550 no")


async def test_a_request_is_for_the_leading_group(store: Store, campaign: Campaign) -> None:
    request = AccessRequested(
        grant_id="g1",
        campaign="suzhou-2024",
        requested_by="ann",
        units=["*"],
        variables=["*"],
        purpose="分析青年职工的住房诉求",
        until=rfc3339(NOW),
        requested_at=rfc3339(NOW),
    )
    await fold(store, campaign, [event(request)], now=NOW)
    found = await content(store)
    (entry,) = found["notify.inbox"].values()
    assert entry["recipient"] == "role:leading_group"
    (mail,) = found["notify.mails"].values()
    assert mail["address"] == "leading-group@suzhou.example.invalid"
