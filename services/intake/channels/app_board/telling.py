"""What the app is told of replies: asked for or delivered, it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from services.intake.channels.app_board import store
from services.intake.channels.app_board.model import CHANNEL, Reply
from services.intake.channels.app_board.sealed import POST_ID, SealedTexts, reply_field
from shared.access import Access, Action, Principal, Resource
from shared.store.port import Document, Range, Store

REPLIES_AT_ONCE = 100


class ToldReply(msgspec.Struct, frozen=True):
    """One reply. ``post_id`` and ``text`` are None once the user withdrew the post that it answers."""

    reply_id: str
    cursor: str
    campaign: str
    thread: str
    submission_id: str
    post_id: str | None
    text: str | None
    replied_at: str
    is_withdrawn: bool


class Telling:
    """Opens replies for the app, whose user they are for."""

    def __init__(self, texts: Mapping[str, SealedTexts], access: Access, store: Store) -> None:
        self._texts = texts
        self._access = access
        self._store = store

    async def asked(self, principal: Principal, campaign: str, *, after: int) -> Sequence[ToldReply]:
        """Replies that follow ``after``, oldest first. Raises NotFound for another campaign's or channel's key."""
        resource = Resource("app-replies", campaign=campaign, channel=CHANNEL)
        self._access.check(principal, Action.READ_RECEIPT, resource)
        return await self.after(campaign, after)

    async def after(self, campaign: str, after: int, *, limit: int = REPLIES_AT_ONCE) -> Sequence[ToldReply]:
        """Replies that follow ``after``, for who was let in already."""
        where: dict[str, str | Range] = {"campaign": campaign, "seq": Range(gte=after + 1)}
        page = await self._store.find(store.REPLIES, where, order_by="seq", limit=limit)
        return await self._told(campaign, page.documents)

    async def _told(self, campaign: str, documents: Sequence[Document]) -> Sequence[ToldReply]:
        replies = {document.id: store.reply_of(document) for document in documents}
        ids = list(dict.fromkeys(reply.answers for reply in replies.values()))
        texts = self._texts[campaign]
        registrations = await texts.registrations(self._store, ids)
        posts = await self._store.get_many(store.POSTS, ids)

        def told(id: str, reply: Reply) -> ToldReply:
            sealed_id = store.post_of(posts[reply.answers]).sealed
            text = texts.open(registrations, reply.answers, reply_field(id), reply.sealed)
            return ToldReply(
                reply_id=id,
                cursor=str(reply.seq),
                campaign=campaign,
                thread=reply.thread,
                submission_id=reply.answers,
                post_id=texts.open(registrations, reply.answers, POST_ID, sealed_id),
                text=text,
                replied_at=reply.replied_at,
                is_withdrawn=text is None,
            )

        return [told(id, reply) for id, reply in replies.items()]
