"""The use cases of the staff: look through the threads, and reply."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from services.intake.channels.app_board import store
from services.intake.channels.app_board.model import CHANNEL, Reply, ReplyText, StoredPost, Thread
from services.intake.channels.app_board.sealed import SealedTexts, reply_field
from services.intake.handling.handlers import Handling
from services.intake.model import Registration
from shared.access import Access, Action, AuditTrail, Principal, Resource
from shared.errors import Conflict, FieldProblem, Invalid, NotFound
from shared.events import derived_id, rfc3339
from shared.platform import Clock
from shared.store.port import Page, Reader, Store, Transaction
from shared.store.structs import body_of

POSTS_SHOWN = 200


class Replying:
    """The threads as the staff sees them. A reply is the answer to what its post raised.

    ``on_reply`` is called when there is a new reply.
    """

    def __init__(
        self,
        texts: Mapping[str, SealedTexts],
        *,
        access: Access,
        store: Store,
        handling: Handling,
        audit: AuditTrail,
        clock: Clock,
        on_reply: Callable[[], None],
    ) -> None:
        self._texts = texts
        self._access = access
        self._store = store
        self._handling = handling
        self._audit = audit
        self._clock = clock
        self._on_reply = on_reply

    async def threads(
        self, principal: Principal, campaign: str, *, is_waiting: bool, cursor: str | None
    ) -> Page:
        """Threads that wait for a reply (or don't), the longest waiting first. A unit sees its own.

        Raises NotFound for who may not reply.
        """
        where: dict[str, str | bool] = {"campaign": campaign, "is_waiting": is_waiting}
        if not self._access.is_allowed(principal, Action.REPLY, _resource(campaign)):
            self._check(principal, _resource(campaign, unit=principal.unit))
            where["unit"] = principal.unit or ""
        return await self._store.find(store.THREADS, where, order_by="last_post_at", cursor=cursor)

    async def thread(
        self, principal: Principal, campaign: str, id: str
    ) -> tuple[Thread, Mapping[str, StoredPost]]:
        """A thread and its posts by submission id, the latest first. Raises NotFound."""
        return await self._visible(self._store, principal, campaign, id), await _posts(self._store, id)

    async def reply(
        self, principal: Principal, campaign: str, thread: str, reply: ReplyText, *, key: str | None
    ) -> tuple[str, Reply]:
        """Reply in a thread; with the same ``key`` again, it is the same reply. Its id, and what is kept of it.

        Raises NotFound, Invalid, Conflict (all of it was withdrawn; another text under the same key).
        """
        id = str(uuid.uuid4()) if key is None else derived_id("app-reply", thread, principal.subject, key)

        async def work(transaction: Transaction) -> Reply:
            found = await self._visible(transaction, principal, campaign, thread)
            stands = await transaction.get(store.REPLIES, id)
            if stands is not None:
                return self._same(store.reply_of(stands), reply)
            made = await self._made(transaction, campaign, thread, id, reply)
            await self._handling.answer_within(transaction, principal, made.answers, reply.text)
            await self._record(
                transaction, principal, _resource(campaign, unit=found.unit, id=thread), id, made
            )
            return made

        made = await store.transact(self._store, work)
        self._on_reply()
        self._handling.tell_soon()
        return id, made

    async def _made(
        self, transaction: Transaction, campaign: str, thread: str, id: str, reply: ReplyText
    ) -> Reply:
        texts = self._texts[campaign]
        answered = await self._answered(transaction, campaign, thread, reply.answers)
        made = Reply(
            campaign=campaign,
            seq=await _next_seq(transaction, campaign),
            thread=thread,
            answers=answered.submission_id,
            sealed=texts.seal(answered, reply_field(id), reply.text),
            text_mac=texts.text_mac(reply.text),
            replied_at=rfc3339(self._clock()),
        )
        await transaction.insert(store.REPLIES, id, body_of(made))
        await _note_answered(transaction, thread)
        return made

    async def _record(
        self, transaction: Transaction, principal: Principal, resource: Resource, id: str, made: Reply
    ) -> None:
        await self._audit.record(
            transaction,
            principal=principal,
            action=Action.REPLY,
            resource=resource,
            details={"reply": id, "answers": made.answers},
            now=self._clock(),
        )

    def _same(self, stands: Reply, reply: ReplyText) -> Reply:
        if stands.text_mac != self._texts[stands.campaign].text_mac(reply.text):
            reason = "这个 Idempotency-Key 已用于另一条回复，没有改动；新的回复请换一个。"
            raise Conflict(reason, code="idempotency-key-reused")
        return stands

    async def _answered(
        self, transaction: Transaction, campaign: str, thread: str, wanted: str | None
    ) -> Registration:
        """The post to reply to: the ``wanted`` one, or the latest that isn't withdrawn."""
        ids: Sequence[str] = list(await _posts(transaction, thread))
        if wanted is not None and wanted not in ids:
            problem = FieldProblem("answers", "应为这个话题中一条留言的提交编号")
            raise Invalid("要回复的留言不在这个话题里。", [problem])
        if wanted is not None:
            ids = [wanted]
        registrations = await self._texts[campaign].registrations(transaction, ids)
        for id in ids:
            if id in registrations and registrations[id].wrapped_key is not None:
                return registrations[id]
        raise Conflict("要回复的留言已由本人撤回，不能再回复。", code="already-withdrawn")

    async def _visible(self, reader: Reader, principal: Principal, campaign: str, id: str) -> Thread:
        document = await reader.get(store.THREADS, id)
        if document is None or document.body["campaign"] != campaign:
            raise _nothing_here()
        thread = store.thread_of(document)
        self._check(principal, _resource(campaign, unit=thread.unit, id=id))
        return thread

    def _check(self, principal: Principal, resource: Resource) -> None:
        """Raise NotFound: that there are threads is for those alone who may reply."""
        if not self._access.is_allowed(principal, Action.REPLY, resource):
            raise _nothing_here()


async def _posts(reader: Reader, thread: str) -> dict[str, StoredPost]:
    page = await reader.find(
        store.POSTS, {"thread": thread}, order_by="received_at", descending=True, limit=POSTS_SHOWN
    )
    return {document.id: store.post_of(document) for document in page.documents}


async def _next_seq(transaction: Transaction, campaign: str) -> int:
    """The next number; replies become visible in its order, since each writes this document."""
    document = await transaction.get(store.SEQUENCES, campaign)
    if document is None:
        await transaction.insert(store.SEQUENCES, campaign, {"last": 1})
        return 1
    seq: int = document.body["last"] + 1
    await transaction.replace(store.SEQUENCES, campaign, {"last": seq}, version=document.version)
    return seq


async def _note_answered(transaction: Transaction, id: str) -> None:
    document = await transaction.get(store.THREADS, id)
    assert document is not None, "it was seen in this transaction"
    body = {**document.body, "reply_count": document.body["reply_count"] + 1, "is_waiting": False}
    await transaction.replace(store.THREADS, id, body, version=document.version)


def _resource(campaign: str, *, unit: str | None = None, id: str = "") -> Resource:
    return Resource("app-thread", id=id, campaign=campaign, unit=unit, channel=CHANNEL)


def _nothing_here() -> NotFound:
    return NotFound("没有这个话题，或者您无权查看。")
