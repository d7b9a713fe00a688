"""Trying again what the quarantine keeps, after the fix; or letting it go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from services.intake.model import Receipt
from services.intake.quarantine.model import Item, NotWaiting, Raw, Step, told
from services.intake.quarantine.store import CONTENTS, ITEMS, Sealed, item_of, sealed_of, settle
from shared.access import Access, Action, AuditTrail, Principal, Resource
from shared.errors import Conflict, DafangtanError, NotFound, RetryLater
from shared.events import rfc3339
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

Replayer = Callable[[Raw], Awaitable[Receipt | None]]
"""Takes in what arrived as if it arrived now, as ``Raw.sent_by``: an adapter's own way, but for keeping it again.
None for a whole file, whose parts get their receipts one by one.

Raises what the adapter raises: RetryLater when something is away, any other DafangtanError as the new reason.
"""


class Found(NamedTuple):
    """An item with the version of its document."""

    item: Item
    version: int


class Replaying:
    """Settles items, each step with its entry in the audit trail."""

    def __init__(
        self,
        *,
        replayers: Mapping[str, Replayer],
        privacies: Mapping[str, Privacy],
        access: Access,
        store: Store,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._replayers = replayers
        self._privacies = privacies
        self._access = access
        self._store = store
        self._audit = audit
        self._clock = clock

    async def replay(self, principal: Principal, id: str) -> Item:
        """Hand item ``id`` to its adapter again; the item as it stands afterwards: accepted with its receipt,
        or waiting with the new reason.

        The audit entry is durable before anything is opened. A crash after the adapter accepted leaves the item
        waiting; to replay it again is then a repeat. Raises NotFound, NotAllowed, NotWaiting, RetryLater.
        """
        found = await self._permitted(principal, id)
        raw = await self._open(principal, found)
        try:
            receipt = await self._replayers[found.item.adapter](raw)
        except RetryLater:
            raise
        except DafangtanError as error:
            return await self._move(found.item.id, Step.REFUSE_AGAIN, detail=told(error))
        return await self._move(found.item.id, Step.ACCEPT, receipt=None if receipt is None else receipt.code)

    async def discard(self, principal: Principal, id: str, why: str) -> Item:
        """Destroy item ``id``, which is nobody's answer, for the reason ``why``."""
        found = await self._permitted(principal, id)

        async def work(transaction: Transaction) -> Item:
            stands = await _found(transaction, found.item.id)
            discarded = stands.item.after(Step.DISCARD)
            await settle(transaction, [(discarded, stands.version)])
            await self._record(transaction, principal, discarded, "quarantine_discard", why=why)
            return discarded

        return await in_transaction(self._store, work)

    async def _permitted(self, principal: Principal, id: str) -> Found:
        document = await self._store.get(ITEMS, id)
        if document is None:
            raise _nothing_there()
        found = Found(item_of(document), document.version)
        resource = resource_of(found.item)
        if not self._access.is_allowed(principal, Action.READ_QUARANTINE, resource):
            raise _nothing_there()
        self._access.check(principal, Action.SETTLE_QUARANTINE, resource)
        return found

    async def _open(self, principal: Principal, found: Found) -> Raw:
        item = found.item
        if item.adapter not in self._replayers:
            raise Conflict(f"没有读取“{item.adapter}”的程序，无法重放。", code="no-such-adapter")

        async def work(transaction: Transaction) -> Sealed:
            stands = await _found(transaction, item.id)
            document = await transaction.get(CONTENTS, item.id)
            if document is None:
                raise NotWaiting(stands.item.state)
            await self._record(transaction, principal, stands.item, "quarantine_replay")
            return sealed_of(document)

        sealed = await in_transaction(self._store, work)
        return await asyncio.to_thread(self._opened, item, sealed)

    def _opened(self, item: Item, sealed: Sealed) -> Raw:
        sealer = self._privacies[item.campaign].sealer
        key = sealer.unwrap(item.id, sealed.wrapped_key)
        return Raw(
            campaign=item.campaign,
            channel=item.channel,
            adapter=item.adapter,
            content=sealer.open(key, item.id, "content", sealed.content),
            media_type=item.media_type,
            sent_by=item.sent_by,
            source_id=sealer.open(key, item.id, "source_id", sealed.source_id).decode() or None,
            hint=sealer.open(key, item.id, "hint", sealed.hint).decode(),
        )

    async def _move(self, id: str, step: Step, **changes: str | None) -> Item:
        async def work(transaction: Transaction) -> Item:
            stands = await _found(transaction, id)
            tried = replace(
                stands.item.after(step),
                tries_count=stands.item.tries_count + 1,
                tried_at=rfc3339(self._clock()),
                **changes,
            )
            if step is Step.ACCEPT:
                await settle(transaction, [(tried, stands.version)])
            else:
                await transaction.replace(ITEMS, id, body_of(tried), version=stands.version)
            return tried

        return await in_transaction(self._store, work)

    async def _record(
        self, transaction: Transaction, principal: Principal, item: Item, action: str, **details: str
    ) -> None:
        await self._audit.record(
            transaction,
            principal=principal,
            action=action,
            resource=resource_of(item),
            details=details,
            now=self._clock(),
        )


def resource_of(item: Item) -> Resource:
    """What the rules and the audit trail see of ``item``."""
    return Resource(kind="quarantine", id=item.id, campaign=item.campaign, channel=item.channel)


async def _found(transaction: Transaction, id: str) -> Found:
    document = await transaction.get(ITEMS, id)
    if document is None:
        raise _nothing_there()
    return Found(item_of(document), document.version)


def _nothing_there() -> NotFound:
    return NotFound("隔离区里没有这一件。", code="unknown-quarantine-item")
