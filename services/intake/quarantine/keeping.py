"""Keeping what can't be accepted: sealed under a data key of its own, once however often it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from services.intake.model import submission_id
from services.intake.quarantine.model import RAW_LIMIT_BYTES, Item, ItemState, Raw, Reason, Step
from services.intake.quarantine.store import CONTENTS, ITEMS, Sealed, item_of, settle
from shared.errors import TooLarge
from shared.events import rfc3339
from shared.metrics import INTAKE_QUARANTINED
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import DuplicateId, NewBody, Store, Transaction, TransactionConflict
from shared.store.retrying import in_transaction
from shared.store.structs import body_of


class Unaccepted(NamedTuple):
    """One thing to keep: what arrived, why it couldn't be accepted, and what the sender was told."""

    raw: Raw
    reason: Reason
    detail: str


class Quarantine:
    """Keeps raw input sealed. Whoever calls ``keep`` has checked that its sender may submit to the channel:
    what anybody could send is junk, which is refused and counted, not kept."""

    def __init__(self, *, privacies: Mapping[str, Privacy], store: Store, clock: Clock) -> None:
        self._privacies = privacies
        self._store = store
        self._clock = clock

    async def keep(self, raw: Raw, reason: Reason, detail: str) -> str:
        """Keep ``raw`` and return the id of its item once that is durable; the same content has the same id.

        ``detail`` is what the sender is told: it must quote nothing of the content. Raises TooLarge over
        ``RAW_LIMIT_BYTES``, RetryLater.
        """
        (id,) = await self.keep_many([Unaccepted(raw, reason, detail)])
        return id

    async def forget(self, transaction: Transaction, submission_id: str) -> None:
        """Destroy every copy of a submission, in the transaction that destroys its data key."""
        where = {"submission_id": submission_id, "state": ItemState.WAITING.value}
        while True:
            page = await transaction.find(ITEMS, where)
            if not page.documents:
                return
            await settle(
                transaction, [(item_of(each).after(Step.WITHDRAW), each.version) for each in page.documents]
            )

    async def is_waiting(self, id: str) -> bool:
        """Whether the item ``id`` still has its content. Raises RetryLater."""
        return await self._store.get(CONTENTS, id) is not None

    async def keep_many(self, several: Sequence[Unaccepted]) -> list[str]:
        """As ``keep``, for several in one write (rows of a workbook); all or none."""
        for each in several:
            if len(each.raw.content) > RAW_LIMIT_BYTES:
                raise TooLarge(f"内容超过 {RAW_LIMIT_BYTES:,} 字节，无法留存待处理。")
        kept_at = rfc3339(self._clock())
        ids = [self._id(each.raw) for each in several]
        items = {id: _item(id, each, kept_at) for id, each in zip(ids, several, strict=True)}
        raws = {id: each.raw for id, each in zip(ids, several, strict=True)}
        contents = await asyncio.to_thread(self._seal_all, raws)
        added = await in_transaction(self._store, lambda tx: _write(tx, items, contents))
        for item in added:
            INTAKE_QUARANTINED.labels(item.channel, item.reason).inc()
        return ids

    def _id(self, raw: Raw) -> str:
        """From the content, keyed: the same is kept once, and nobody can try out what it might be."""
        parts = [raw.adapter, raw.channel, raw.media_type, raw.source_id, raw.hint, raw.content]
        return self._privacies[raw.campaign].pseudonyms.content_mac(msgspec.msgpack.encode(parts))

    def _seal_all(self, raws: Mapping[str, Raw]) -> dict[str, NewBody]:
        return {id: body_of(self._sealed(id, raw)) for id, raw in raws.items()}

    def _sealed(self, id: str, raw: Raw) -> Sealed:
        sealer = self._privacies[raw.campaign].sealer
        key = sealer.new_data_key(id)
        return Sealed(
            campaign=raw.campaign,
            wrapped_key=key.wrapped,
            content=sealer.seal(key, id, "content", raw.content),
            hint=sealer.seal(key, id, "hint", raw.hint.encode()),
            source_id=sealer.seal(key, id, "source_id", (raw.source_id or "").encode()),
        )


async def _write(
    transaction: Transaction, items: Mapping[str, Item], contents: Mapping[str, NewBody]
) -> list[Item]:
    """Write those that aren't there yet, and return them."""
    known = await transaction.get_many(ITEMS, list(items))
    added = [item for id, item in items.items() if id not in known]
    try:
        await transaction.insert_many(ITEMS, [(item.id, body_of(item)) for item in added])
        await transaction.insert_many(CONTENTS, [(item.id, contents[item.id]) for item in added])
    except DuplicateId as error:
        raise TransactionConflict("the same was kept elsewhere at this moment") from error
    return added


def _item(id: str, unaccepted: Unaccepted, kept_at: str) -> Item:
    raw = unaccepted.raw
    return Item(
        id=id,
        campaign=raw.campaign,
        channel=raw.channel,
        adapter=raw.adapter,
        media_type=raw.media_type,
        size_bytes=len(raw.content) + raw.file_bytes,
        sent_by=raw.sent_by,
        reason=unaccepted.reason,
        detail=unaccepted.detail,
        kept_at=kept_at,
        submission_id=raw.source_id and submission_id(raw.campaign, raw.channel, raw.source_id),
    )
