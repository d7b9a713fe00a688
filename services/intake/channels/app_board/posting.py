"""The use case of posting: a message is taken in, then put into its thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.intake.channels.app_board import store
from services.intake.channels.app_board.model import (
    Post,
    StoredPost,
    Thread,
    named_by,
    thread_id,
)
from services.intake.channels.app_board.sealed import POST_ID, SealedTexts
from services.intake.errors import ContentDiffers
from services.intake.handlers import Submitting
from services.intake.model import Outcome, Receipt, Registration
from shared.access import Principal
from shared.errors import FieldProblem, Invalid
from shared.store.port import Store, Transaction
from shared.store.structs import body_of


class Posted(NamedTuple):
    """What became of a post, and the thread that it stands in."""

    outcome: Outcome
    receipt: Receipt
    thread: str


class Posting:
    """Takes posts in."""

    def __init__(self, submitting: Submitting, texts: Mapping[str, SealedTexts], store: Store) -> None:
        self._submitting = submitting
        self._texts = texts
        self._store = store

    async def post(self, principal: Principal, campaign: str, post: Post) -> Posted:
        """Take ``post`` in and put it into its thread; one that comes again gets what it got.

        A process that dies in between has answered nobody: the app sends again, and that puts it there. Raises
        Invalid, NotAllowed, ContentDiffers (also when it names another thread than before), RetryLater.
        """
        try:
            outcome, receipt = await self._submitting.submit(principal, post.form(campaign))
        except Invalid as error:
            raise _in_the_posts_words(error) from error
        thread = await store.transact(self._store, lambda tx: self._place(tx, post, receipt))
        return Posted(outcome, receipt, thread)

    async def _place(self, transaction: Transaction, post: Post, receipt: Receipt) -> str:
        registration = receipt.registration
        id, campaign = registration.submission_id, registration.campaign
        named = named_by(campaign, post)
        document = await transaction.get(store.POSTS, id)
        if document is not None:
            stands = store.post_of(document)
            if stands.named != named:
                raise ContentDiffers(receipt.code)
            return stands.thread
        texts = self._texts[campaign]
        owner = texts.owner(post.app_user)
        thread = await _thread_under(transaction, campaign, owner, named)
        if (
            registration.wrapped_key is None
        ):  # withdrawn before it got here: it shall not come to stand anywhere
            return thread
        sealed = texts.seal(registration, POST_ID, post.post_id)
        posted_at, received_at = post.posted_at.isoformat(), registration.received_at
        placed = StoredPost(campaign, thread, owner, named, sealed, posted_at, received_at)
        await transaction.insert(store.POSTS, id, body_of(placed))
        await _lengthen(transaction, placed, registration)
        return thread


def _in_the_posts_words(error: Invalid) -> Invalid:
    """``error`` with the names that a post's fields have."""
    problems = [
        FieldProblem("posted_at" if each.field == "collected_at" else each.field, each.message)
        for each in error.problems
    ]
    return Invalid(str(error), problems, code=error.code)


async def _thread_under(transaction: Transaction, campaign: str, owner: str, named: str) -> str:
    """The named post's own thread where that is the same user's; else the one that begins with it."""
    document = await transaction.get(store.POSTS, named)
    if document is not None:
        begun = store.post_of(document)
        if begun.owner == owner:
            return begun.thread
    return thread_id(campaign, owner, named)


async def _lengthen(transaction: Transaction, post: StoredPost, registration: Registration) -> None:
    """Count ``post`` in its thread, which waits for a reply again and goes to the post's unit."""
    document = await transaction.get(store.THREADS, post.thread)
    before = None if document is None else store.thread_of(document)
    thread = Thread(
        campaign=post.campaign,
        unit=registration.unit,
        post_count=1 if before is None else before.post_count + 1,
        reply_count=0 if before is None else before.reply_count,
        last_post_at=post.received_at,
        is_waiting=True,
    )
    if document is None:
        await transaction.insert(store.THREADS, post.thread, body_of(thread))
    else:
        version = document.version
        await transaction.replace(store.THREADS, post.thread, body_of(thread), version=version)
