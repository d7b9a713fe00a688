"""The documents of attachments: whole ones, uploads under way, and files that are to be removed."""

from __future__ import annotations

import msgspec

from services.intake.attachments.model import Attachment, Upload
from shared.store.port import Collection, Document, Index, Reader, Transaction

ATTACHMENTS = Collection("intake.attachments", (Index(("holder_id",)),))
UPLOADS = Collection("intake.uploads", (Index(("holder_id",)), Index(("expires_at",))))
REMOVALS = Collection("intake.attachment_removals")
"""Files that nothing names any more, by their id: removed from the disk soon, whatever happens."""


def attachment_of(document: Document) -> Attachment:
    """The attachment in ``document``."""
    return msgspec.convert(document.body, Attachment)


def upload_of(document: Document) -> Upload:
    """The upload in ``document``."""
    return msgspec.convert(document.body, Upload)


async def of_holder(reader: Reader, collection: Collection, holder_id: str, limit: int) -> list[Document]:
    """The documents of ``collection`` (attachments or uploads) that belong to a holder."""
    page = await reader.find(collection, {"holder_id": holder_id}, limit=limit)
    return list(page.documents)


async def doom(transaction: Transaction, file_ids: list[str]) -> None:
    """Have these files removed once the transaction stands."""
    there = await transaction.get_many(REMOVALS, file_ids)
    await transaction.insert_many(REMOVALS, [(id, {}) for id in dict.fromkeys(file_ids) if id not in there])
