"""Wrapping data keys anew after a rotation, page by page: stopped anywhere, it goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.intake.cases.store import CASES
from services.intake.channels.excel.store import JOBS
from services.intake.obligations.store import CONTACTS
from services.intake.quarantine.store import CONTENTS
from services.intake.store import REGISTRATIONS
from shared.privacy import Privacy
from shared.store.port import Collection, Store, Transaction
from shared.store.retrying import in_transaction

PAGE_COUNT = 500


class Wrapped(NamedTuple):
    """A collection whose documents have ``campaign`` and ``wrapped_key`` (null: destroyed), and the field that has
    the id that the key was wrapped for; None: the document's own id."""

    collection: Collection
    id_field: str | None = None


WRAPPED = (
    Wrapped(REGISTRATIONS, "submission_id"),
    Wrapped(CONTENTS),
    Wrapped(JOBS),
    Wrapped(CASES),
    Wrapped(CONTACTS),
)
"""Everything that keeps data keys. What wraps one and isn't here would be unreadable after a rotation."""


class Page(NamedTuple):
    """What one step did, and where the next one begins (None: that was all)."""

    seen_count: int
    wrapped_count: int
    cursor: str | None


async def wrap_page_anew(
    store: Store, privacies: Mapping[str, Privacy], wrapped: Wrapped, cursor: str | None
) -> Page:
    """Wrap by the current keys what on this page is not. Campaigns that aren't in ``privacies`` are left alone.

    Raises RetryLater; SealBroken for a data key that no key opens, which nothing but a damaged store explains.
    """

    async def work(transaction: Transaction) -> Page:
        page = await transaction.find(wrapped.collection, {}, limit=PAGE_COUNT, cursor=cursor)
        changed = []
        for document in page.documents:
            body, privacy = document.body, privacies.get(document.body["campaign"])
            key = body["wrapped_key"]
            if privacy is None or key is None or privacy.sealer.is_current(key):
                continue
            id = document.id if wrapped.id_field is None else body[wrapped.id_field]
            body = {**body, "wrapped_key": privacy.sealer.wrap_anew(id, key)}
            changed.append((document.id, body, document.version))
        if changed:
            await transaction.replace_many(wrapped.collection, changed)
        return Page(len(page.documents), len(changed), page.cursor)

    return await in_transaction(store, work)
