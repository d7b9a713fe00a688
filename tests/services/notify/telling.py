"""Events to tell, and looking at what became of their mails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import orjson

from services.notify import store
from services.notify.handlers import NotifyHandler
from services.notify.model import Delivery, DeliveryState
from services.notify.sender import MailSender
from services.notify.store import delivery_of
from shared.campaign import Campaign
from shared.consuming import Effects
from shared.consuming.hearing import Hearing
from shared.events import (
    AccessGranted,
    Event,
    QuotaMilestoneReached,
    QuotaStatus,
    QuotaStatusChanged,
    Topic,
    make_event,
    rfc3339,
    to_message,
)
from shared.log.port import LoggedMessage, TopicPartition
from shared.store.port import Store
from tests.services.running import WITHIN_S, Running, until

LINES = ("zhangjiagang", "changshu", "taicang", "kunshan", "wujiang", "wuzhong", "xiangcheng", "gusu")


def milestone(id: str, at: datetime, *, line: str = "kunshan", percent: int = 50) -> Event:
    """A line reached a share; told by mail to the office and to its unit: two mails."""
    data = QuotaMilestoneReached(
        campaign="suzhou-2024",
        quota_line=line,
        percent=percent,
        counted_count=10 * percent,
        target_count=1000,
        reached_at=rfc3339(at),
    )
    return make_event(data, id=id, source="/dafangtan/quota", subject=line, time=rfc3339(at), key=line)


def status_changed(status: QuotaStatus, **changes: object) -> QuotaStatusChanged:
    """A line's status changed from on track."""
    fields = {
        "campaign": "suzhou-2024",
        "quota_line": "kunshan",
        "status_before": QuotaStatus.ON_TRACK,
        "status": status,
        "is_better": status in (QuotaStatus.AHEAD, QuotaStatus.DONE),
        "on": date(2024, 6, 17),
        "counted_count": 1000 if status is QuotaStatus.DONE else 352,
        "target_count": 1000,
        "final_low": 840,
        "final_expected": 948.3,
        "final_high": 1061,
        "reaches_target_probability": 0.263,
        "rate_needed": 16.6153,
        "changed_at": "2024-06-18T00:00:01.120Z",
    }
    return QuotaStatusChanged.model_validate({**fields, **changes})


def granted(id: str, at: datetime, *, to: str = "ann") -> Event:
    """A grant was approved; told to the person in the inbox, and to the office, also by mail."""
    data = AccessGranted(
        grant_id=id,
        campaign="suzhou-2024",
        granted_to=to,
        units=["*"],
        variables=["*"],
        purpose="分析青年职工的住房诉求",
        until=rfc3339(at),
        granted_by="lee",
        granted_at=rfc3339(at),
    )
    return make_event(data, id=id, source="/dafangtan/release", subject=id, time=rfc3339(at), key=id)


def sender_of(running: Running) -> MailSender:
    """The service's sender."""
    (sender,) = (part for part in running.service.components if isinstance(part, MailSender))
    return sender


async def deliveries(running: Running) -> list[Delivery]:
    """Every delivery."""
    page = await running.platform.store.find(store.DELIVERIES, {}, limit=1000)
    return [delivery_of(document) for document in page.documents]


async def wait_for(
    running: Running, expected: dict[DeliveryState, int], *, within_s: float = WITHIN_S
) -> None:
    """Wait until so many deliveries stand in each state, and none in another."""

    async def is_so() -> bool:
        sender_of(running).wake()
        return Counter(delivery.state for delivery in await deliveries(running)) == expected

    await until(is_so, f"deliveries {expected}", within_s=within_s)


async def outcomes(running: Running, count: int) -> list[tuple[str, str]]:
    """Notice id and type of the events that tell of mails, sorted, once there are ``count``."""

    async def are_there() -> bool:
        return sum((await running.platform.log.ends(Topic.NOTICES)).values()) >= count

    await until(are_there, f"{count} events of notices")
    events = await running.events(Topic.NOTICES)
    return sorted((orjson.loads(event.data)["notice_id"], event.type.split(".")[2]) for event in events)


async def fold(
    store: Store,
    campaign: Campaign,
    events: Sequence[Event],
    *,
    is_mail_on: bool = True,
    now: datetime,
) -> list[str]:
    """Apply ``events`` as one batch; returns the reasons of what was rejected."""
    handler = NotifyHandler(
        {campaign.id: campaign},
        is_mail_on=is_mail_on,
        clock=lambda: now,
        real_clock=lambda: now,
        when_applied=lambda: None,
    )
    messages = [
        LoggedMessage(offset, message.key, message.headers, message.value)
        for offset, message in enumerate(map(to_message, events))
    ]
    made, rejections = Hearing(handler.read).of({TopicPartition("any", 0): messages})
    async with store.transaction() as transaction:
        effects = Effects(transaction)
        await handler.apply(made, effects)
    effects.committed()
    return [rejection.reason for rejection in rejections]
