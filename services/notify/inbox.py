"""Everybody's own inbox: what is addressed to them, to their roles and to their unit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from heapq import nlargest

from services.notify import store
from services.notify.audience import Recipient, RecipientKind
from services.notify.store import InboxEntry
from shared.access import Access, Action, Principal, Resource
from shared.errors import NotFound
from shared.events import rfc3339
from shared.platform import Clock
from shared.store.port import Range, Store

PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """An entry, and whether its reader has read it."""

    entry: InboxEntry
    is_read: bool


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some notices, latest first, and the ``cursor`` that continues after them (None: that was all)."""

    notices: tuple[Notice, ...]
    cursor: str | None


class Inbox:
    """Reads inboxes. What a role has got is shared; whether it was read is each reader's own."""

    def __init__(self, *, access: Access, store: Store, clock: Clock) -> None:
        self._access = access
        self._store = store
        self._clock = clock

    async def page(self, principal: Principal, *, is_unread_only: bool, cursor: str | None) -> InboxPage:
        """The principal's notices from ``cursor`` on. Raises NotAllowed for channels."""
        self._check(principal)
        notices: list[Notice] = []
        async for notice in self._notices(principal, before=cursor):
            if notice.is_read and is_unread_only:
                continue
            if len(notices) == PAGE_LENGTH:
                return InboxPage(tuple(notices), notices[-1].entry.order)
            notices.append(notice)
        return InboxPage(tuple(notices), None)

    async def mark_read(self, principal: Principal, notice_id: str) -> Notice:
        """Note that the principal has read it; again changes nothing. Raises NotFound."""
        self._check(principal)
        document = await self._store.get(store.INBOX, notice_id)
        keys = {recipient.key for recipient in _recipients(principal)}
        if document is None or document.body["recipient"] not in keys:
            raise NotFound(f"收件箱中没有编号为“{notice_id}”的通知。", code="unknown-notice")
        mark = (_mark_id(principal, notice_id), {"read_at": rfc3339(self._clock())})
        await self._store.insert_each(store.READ_MARKS, [mark])
        return Notice(store.entry_of(document), is_read=True)

    async def _notices(self, principal: Principal, *, before: str | None) -> AsyncIterator[Notice]:
        while True:
            entries = await self._entries(principal, before)
            marks = {entry.notice_id: _mark_id(principal, entry.notice_id) for entry in entries}
            read = await self._store.get_many(store.READ_MARKS, list(marks.values()))
            for entry in entries:
                yield Notice(entry, is_read=marks[entry.notice_id] in read)
            if len(entries) < PAGE_LENGTH:
                return
            before = entries[-1].order

    async def _entries(self, principal: Principal, before: str | None) -> list[InboxEntry]:
        """The latest entries before that place, of all that are the principal's, each list being sorted."""
        entries: list[InboxEntry] = []
        for recipient in _recipients(principal):
            page = await self._store.find(
                store.INBOX,
                {"recipient": recipient.key, "order": Range(lt=before)},
                order_by="order",
                descending=True,
                limit=PAGE_LENGTH,
            )
            entries.extend(store.entry_of(document) for document in page.documents)
        return nlargest(PAGE_LENGTH, entries, key=lambda entry: entry.order)

    def _check(self, principal: Principal) -> None:
        resource = Resource("inbox", principal.subject, owner=principal.subject)
        self._access.check(principal, Action.READ_INBOX, resource)


def _recipients(principal: Principal) -> list[Recipient]:
    recipients = [Recipient(RecipientKind.SUBJECT, principal.subject)]
    recipients += [Recipient(RecipientKind.ROLE, role) for role in sorted(principal.roles)]
    if principal.unit is not None:
        recipients.append(Recipient(RecipientKind.UNIT, principal.unit))
    return recipients


def _mark_id(principal: Principal, notice_id: str) -> str:
    return f"{notice_id}/{principal.subject}"
