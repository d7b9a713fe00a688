"""However the log is cut into batches, the fold leaves the same documents: what a rebuild rests on."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.quota import store as documents
from services.quota.generations import REGISTRY
from services.quota.handlers import QuotaHandler
from shared.consuming import Effects
from shared.events import (
    Consent,
    EventData,
    SubmissionReceived,
    SubmissionWithdrawn,
    make_event,
    to_message,
)
from shared.log.port import LoggedMessage
from shared.store import open_store
from shared.store.port import Store, TransactionConflict
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
AT = "2024-06-01T01:30:00.000Z"


def handler() -> QuotaHandler:
    return QuotaHandler({CAMPAIGN.id: CAMPAIGN}, clock=lambda: datetime(2024, 6, 1, tzinfo=UTC))


def logged(offset: int, data: EventData) -> LoggedMessage:
    event = make_event(data, id=str(offset), source="/t", subject="s", time=AT, key="p")
    message = to_message(event)
    return LoggedMessage(offset, message.key, message.headers, message.value)


def received(id: str = "s", unit: str = "taicang", received_at: str = AT) -> LoggedMessage:
    """An interview of the person ``p``."""
    data = SubmissionReceived(
        submission_id=id,
        campaign=CAMPAIGN.id,
        campaign_version="v",
        channel="offline",
        mode="offline",
        edition="general",
        unit=unit,
        collected_at=AT,
        received_at=received_at,
        person="p",
        age_band="26-30",
        consent=Consent(version="2024-05", given_at=AT),
    )
    return logged(0, data)


RECEIVED = received()
WITHDRAWN = logged(1, SubmissionWithdrawn(submission_id="s", campaign=CAMPAIGN.id, withdrawn_at=AT))


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    opened = (open_store(f"sqlite:///{tmp_path}/one.db"), open_store(f"sqlite:///{tmp_path}/two.db"))
    for store in opened:
        await store.open((*handler().collections, *REGISTRY, documents.MILESTONES))
    yield opened
    for store in opened:
        await store.close()


async def fold(
    store: Store, *batches: Sequence[LoggedMessage], into: QuotaHandler | None = None
) -> list[str]:
    fold = into or handler()
    for batch in batches:
        async with store.transaction() as transaction:
            await fold.apply([fold.read(message) for message in batch], Effects(transaction))
    return [await store.digest(each) for each in fold.collections]


async def test_a_claim_that_came_and_went_leaves_no_trace(stores: tuple[Store, Store]) -> None:
    one, two = stores
    assert await fold(one, [RECEIVED, WITHDRAWN]) == await fold(two, [RECEIVED], [WITHDRAWN])


async def test_what_is_told_again_in_a_later_batch_counts_once(stores: tuple[Store, Store]) -> None:
    one, two = stores
    quota = handler()
    await fold(two, [RECEIVED], into=quota)
    with pytest.raises(TransactionConflict):
        await fold(two, [RECEIVED], into=quota)
    assert await fold(two, [RECEIVED], into=quota) == await fold(one, [RECEIVED])


async def test_what_came_before_its_submission_holds(stores: tuple[Store, Store]) -> None:
    one, two = stores
    quota = handler()
    await fold(two, [WITHDRAWN], into=quota)
    with pytest.raises(TransactionConflict):
        await fold(two, [RECEIVED], into=quota)
    assert await fold(two, [RECEIVED], into=quota) == await fold(one, [RECEIVED, WITHDRAWN])


async def test_a_person_of_many_interviews_counts_once_however_they_come(stores: tuple[Store, Store]) -> None:
    first, second = received("a"), received("b", received_at="2024-06-01T01:31:00.000Z")
    third = received("c", unit="kunshan", received_at="2024-06-01T01:32:00.000Z")
    one, two = stores
    expected = await fold(one, [first], [second], [third])
    assert await fold(two, [third], [second, first]) == expected
