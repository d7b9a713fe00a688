"""The documents of the hotline."""

from __future__ import annotations

import msgspec

from services.intake.channels.hotline.model import Facts
from shared.store.port import Collection, Document, Index, Transaction

MATTERS = Collection("intake.hotline_matters", (Index(("campaign", "received_at")),))
"""By submission id."""


def facts_of(document: Document) -> Facts:
    """The facts in ``document``."""
    return msgspec.convert(document.body, Facts)


async def forget(transaction: Transaction, submission_id: str) -> None:
    """A matter was withdrawn: nothing of it is kept."""
    await transaction.delete(MATTERS, submission_id)
