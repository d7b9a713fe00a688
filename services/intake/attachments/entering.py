"""What stands in the store of uploads and attachments, and how it changes: each function in one transaction."""

from __future__ import annotations

from services.intake.attachments import store
from services.intake.attachments.errors import HolderWithdrawn, TooManyAttachments, no_such_upload
from services.intake.attachments.model import MOST_FOR_ONE, Attachment, Holder, Upload
from services.intake.attachments.store import ATTACHMENTS, UPLOADS
from shared.store.paging import all_documents
from shared.store.port import Document, Transaction
from shared.store.structs import body_of


async def enter_upload(transaction: Transaction, holder: Holder, upload: Upload) -> None:
    """A new upload. Raises HolderWithdrawn, TooManyAttachments, and what the holder says against it."""
    document = await _standing(transaction, holder)
    if document is None:
        raise HolderWithdrawn
    holder.admits(document.body, upload.kind)
    uploads = await store.of_holder(transaction, UPLOADS, holder.id, MOST_FOR_ONE)
    whole = await store.of_holder(transaction, ATTACHMENTS, holder.id, MOST_FOR_ONE)
    under_way = [document for document in uploads if not store.upload_of(document).is_finished]
    if len(under_way) + len(whole) >= MOST_FOR_ONE:
        raise TooManyAttachments(MOST_FOR_ONE)
    await transaction.insert(UPLOADS, upload.id, body_of(upload))


async def enter_whole(
    transaction: Transaction, holder: Holder, upload: Upload, new: Attachment
) -> Attachment | None:
    """The attachment that stands once ``upload`` has come to its end: ``new``, or what was there under its name.

    None when the holder was withdrawn. A file that isn't needed is removed. Raises NotFound, and what the
    holder says against a new one by now.
    """
    document = await transaction.get(UPLOADS, upload.id)
    standing = await transaction.get(ATTACHMENTS, upload.attachment_id)
    if document is None:
        raise no_such_upload()
    holder_document = await _standing(transaction, holder)
    if holder_document is None:
        await _drop(transaction, upload)
        return None
    if standing is not None:
        return await _met(transaction, document, store.attachment_of(standing), new)
    holder.admits(holder_document.body, upload.kind)
    await transaction.insert(ATTACHMENTS, new.id, body_of(new))
    await _mark_finished(transaction, document)
    return new


async def discard(transaction: Transaction, upload_id: str) -> None:
    """Give an upload up, unless it is finished or gone."""
    document = await transaction.get(UPLOADS, upload_id)
    if document is not None and not document.body.get("is_finished"):
        await _drop(transaction, store.upload_of(document))


async def forget_holder(transaction: Transaction, holder_id: str) -> None:
    """Forget all that belongs to a holder, in the transaction that destroys its data key."""
    attachments = await store.of_holder(transaction, ATTACHMENTS, holder_id, MOST_FOR_ONE)
    uploads = await _all_uploads(transaction, holder_id)
    await transaction.delete_many(ATTACHMENTS, [document.id for document in attachments])
    await transaction.delete_many(UPLOADS, [document.id for document in uploads])
    file_ids = [document.body["file_id"] for document in attachments]
    await store.doom(transaction, [*file_ids, *(document.id for document in uploads)])


async def _all_uploads(transaction: Transaction, holder_id: str) -> list[Document]:
    """Those that are finished too, of which there may be more than may be under way."""
    where = {"holder_id": holder_id}
    return [document async for document in all_documents(transaction, UPLOADS, where)]


async def _met(
    transaction: Transaction, upload: Document, standing: Attachment, new: Attachment
) -> Attachment:
    """A repeat stays to be asked for; other content is given up. Neither's file is needed, but the standing one."""
    if standing.file_id == upload.id:  # entered before, by whoever was quicker
        return standing
    if standing.content_mac == new.content_mac:
        await _mark_finished(transaction, upload)
        await store.doom(transaction, [upload.id])
    else:
        await _drop(transaction, store.upload_of(upload))
    return standing


async def _mark_finished(transaction: Transaction, upload: Document) -> None:
    body = {**upload.body, "is_finished": True}
    await transaction.replace(UPLOADS, upload.id, body, version=upload.version)


async def _drop(transaction: Transaction, upload: Upload) -> None:
    await transaction.delete_many(UPLOADS, [upload.id])
    await store.doom(transaction, [upload.id])


async def _standing(transaction: Transaction, holder: Holder) -> Document | None:
    document = await transaction.get(holder.collection, holder.document_id)
    return None if document is None or document.body.get("wrapped_key") is None else document
