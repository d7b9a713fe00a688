"""Claiming a mail before the server hears of it, and settling it after: each in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from services.notify import store
from services.notify.model import Delivery, DeliveryAction, DeliveryState, Refusal, Step
from services.notify.outcomes import count_outcome, outcome_event
from services.notify.smtp import Answer
from shared.consuming import Outbox
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import Topic, rfc3339
from shared.logging import get_logger
from shared.real_time import RealClock
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction

CLAIMS_AT_ONCE = 50

Result = TypeVar("Result")


class Claims:
    """The claims of one sender, whose name ``by`` no other sender has, before or after.

    What the mail server answered is known to nobody else, so every write is repeated until it stands; it
    raises RetryLater only when ``stopping`` is set meanwhile, and the claim then ends as unconfirmed.
    """

    def __init__(
        self, by: str, *, store: Store, outbox: Outbox, clock: RealClock, stopping: asyncio.Event
    ) -> None:
        self._by = by
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._stopping = stopping

    async def due(self, *, limit: int) -> list[Delivery]:
        """What should be sent now, longest due first. Raises RetryLater."""
        return await store.due_deliveries(self._store, DeliveryState.PENDING, self._now(), limit=limit)

    async def claim(self, delivery: Delivery) -> Delivery | None:
        """Take the mail for this sender; None when another one was faster."""
        now = self._now()

        async def work(transaction: Transaction) -> Delivery | None:
            document = await transaction.get(store.DELIVERIES, delivery.notice_id)
            if document is None:
                return None
            current = store.delivery_of(document)
            if current.state is DeliveryState.SENDING and current.claimed_by == self._by:
                return current  # an earlier try of this very claim, of which the store couldn't tell
            claimed = current.after(Step(DeliveryAction.CLAIM, now, by=self._by))
            if isinstance(claimed, Refusal) or not current.is_due(now):
                return None
            body = store.delivery_body(claimed)
            await transaction.replace(store.DELIVERIES, document.id, body, version=document.version)
            return claimed

        return await self._until_it_stands(work)

    async def settle(self, claimed: Delivery, answer: Answer) -> bool:
        """Write what became of a claimed mail and tell the log, together; whether it was still open."""
        step = Step(answer.action, self._now(), reason=answer.reason)
        settled = await self._until_it_stands(lambda transaction: self._take(transaction, claimed, step))
        self._outbox.wake()
        if settled is None:
            get_logger("notify.sender").warning(
                "answer-too-late", notice_id=claimed.notice_id, action=answer.action, reason=answer.reason
            )
            return False
        count_outcome(settled)
        return True

    async def lose_those_of_the_dead(self) -> None:
        """What a dead sender had in hand may have been delivered or not: nobody can know."""
        reason = "发送进程在得到邮件服务器答复前中断，无法确认是否送达"
        over = await store.due_deliveries(
            self._store, DeliveryState.SENDING, self._now(), limit=CLAIMS_AT_ONCE
        )
        for delivery in over:
            await self.settle(delivery, Answer(DeliveryAction.LOSE, reason))

    async def _take(self, transaction: Transaction, claimed: Delivery, step: Step) -> Delivery | None:
        document = await transaction.get(store.DELIVERIES, claimed.notice_id)
        assert document is not None, "deliveries are never deleted"
        current = store.delivery_of(document)
        if current == claimed.after(step):
            return current  # an earlier try of this very step, of which the store couldn't tell
        moved = current.after(step)
        if isinstance(moved, Refusal) or not current.is_of_claim(claimed):
            return None
        body = store.delivery_body(moved)
        await transaction.replace(store.DELIVERIES, document.id, body, version=document.version)
        event = outcome_event(moved)
        await self._outbox.enter(transaction, [] if event is None else [(Topic.NOTICES, event)])
        return moved

    async def _until_it_stands(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        backoff = Backoff()
        while True:
            try:
                return await in_transaction(self._store, work)
            except RetryLater as error:
                if self._stopping.is_set():
                    raise
                get_logger("notify.sender").warning("store-away", reason=str(error))
                await backoff.wait(until=self._stopping)

    def _now(self) -> datetime:
        """To the millisecond, as the store keeps it."""
        return datetime.fromisoformat(rfc3339(self._clock()))
