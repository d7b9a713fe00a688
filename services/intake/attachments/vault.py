"""The vault: takes files in, sealed, as they stream; gives them out to who shows an audit entry for it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from services.intake.attachments import store
from services.intake.attachments.entering import discard, enter_upload, enter_whole, forget_holder
from services.intake.attachments.errors import (
    AttachmentDiffers,
    HolderWithdrawn,
    OffsetMoved,
    no_such_attachment,
    no_such_upload,
)
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.keys import Keys
from services.intake.attachments.model import (
    MOST_FOR_ONE,
    Attachment,
    Described,
    Holder,
    Progress,
    Upload,
    checked,
)
from services.intake.attachments.sealing import RecordSealer
from services.intake.attachments.store import ATTACHMENTS, UPLOADS
from services.intake.attachments.threads import in_thread
from services.intake.attachments.writing import Writer
from shared.access import Action, AuditEntry
from shared.errors import NotAllowed, RetryLater, TooLarge
from shared.real_time import RealClock
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction

PART_BYTES = 262_144
"""What a thread is given at once: enough that the way there doesn't count."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened attachment: what it is called, and its content part by part."""

    attachment: Attachment
    name: str
    content: AsyncIterator[bytes]


class Vault:
    """Attachments of whatever holds a data key. What is acknowledged is sealed and on disk."""

    def __init__(
        self, *, files: SealedFiles, keys: Keys, store: Store, clock: RealClock, limit_bytes: int
    ) -> None:
        self.limit_bytes = limit_bytes
        self._files = files
        self._keys = keys
        self._store = store
        self._clock = clock

    async def add(self, holder: Holder, described: Described, content: AsyncIterable[bytes]) -> Progress:
        """Take a whole file in. The same name and content again is the same attachment.

        Raises Invalid, TooLarge, TooManyAttachments, AttachmentDiffers, HolderWithdrawn, StorageFull, RetryLater;
        then, and when the content breaks off, nothing of it is kept.
        """
        upload = await self.begin(holder, described, length_bytes=None)
        is_whole = False
        try:
            progress = await self.append(holder, upload.id, 0, content)
            is_whole = True
        finally:
            if not is_whole:
                await self._give_up(upload)
        return progress

    async def begin(self, holder: Holder, described: Described, *, length_bytes: int | None) -> Upload:
        """Begin a file of this length (None: its end will tell). Raises as ``add``."""
        described = checked(described)
        self._check_length(length_bytes or 0)
        await in_thread(self._files.check_space, length_bytes or 0)
        upload = self._keys.new_upload(holder, described, length_bytes)
        await in_transaction(self._store, lambda transaction: enter_upload(transaction, holder, upload))
        await in_thread(self._files.create, upload.id)
        return upload

    async def progress(self, holder: Holder, upload_id: str) -> Progress:
        """How much of the upload is on disk. Raises NotFound, UploadBusy."""
        upload = await self._upload(holder, upload_id)
        if upload.is_finished:
            return await self._finished(upload)
        with self._files.writing(upload_id, self._sealer(holder, upload)) as writer:
            await in_thread(writer.take_up)
        return await self._stands(holder, upload, writer)

    async def append(
        self, holder: Holder, upload_id: str, offset_bytes: int, content: AsyncIterable[bytes]
    ) -> Progress:
        """Add ``content`` at ``offset_bytes``, which must be where the upload is.

        What came of a content that breaks off is on disk all the same. Raises as ``add``, and OffsetMoved,
        UploadBusy, NotFound.
        """
        upload = await self._upload(holder, upload_id)
        if upload.is_finished:
            finished = await self._finished(upload)
            _check_offset(finished.offset_bytes, offset_bytes)
            return finished
        with self._files.writing(upload_id, self._sealer(holder, upload)) as writer:
            await in_thread(writer.take_up)
            _check_offset(writer.offset_bytes, offset_bytes)
            await self._write(upload, writer, content)
        return await self._stands(holder, upload, writer)

    async def listed(self, holder_id: str) -> list[Attachment]:
        """The whole attachments, oldest first."""
        found = await store.of_holder(self._store, ATTACHMENTS, holder_id, MOST_FOR_ONE)
        return sorted(map(store.attachment_of, found), key=lambda each: (each.received_at, each.id))

    async def named(self, holder: Holder, *, audited: AuditEntry) -> list[tuple[Attachment, str]]:
        """The whole attachments with what they are called, for whom ``audited`` is about, as in ``read``."""
        _check_audited(holder, audited)
        return [(each, self._keys.name(holder, each)) for each in await self.listed(holder.id)]

    async def read(self, holder: Holder, attachment_id: str, *, audited: AuditEntry) -> Opened:
        """Open an attachment for whom ``audited`` is about: the entry of opening this holder's sealed fields.

        Raises NotFound; the content raises SealBroken where it was changed or cut off.
        """
        _check_audited(holder, audited)
        document = await self._store.get(ATTACHMENTS, attachment_id)
        if document is None or document.body["holder_id"] != holder.id:
            raise no_such_attachment()
        attachment = store.attachment_of(document)
        sealer = self._keys.record_sealer(holder, attachment.file_id, attachment.sealed_key)
        content = self._content(attachment.file_id, sealer)
        return Opened(attachment, self._keys.name(holder, attachment), content)

    async def forget(self, transaction: Transaction, holder_id: str) -> None:
        """Forget all that belongs to a holder, in the transaction that destroys its data key."""
        await forget_holder(transaction, holder_id)

    async def _upload(self, holder: Holder, upload_id: str) -> Upload:
        document = await self._store.get(UPLOADS, upload_id)
        if document is None or document.body["holder_id"] != holder.id:
            raise no_such_upload()
        upload = store.upload_of(document)
        if upload.expires <= self._clock():
            raise no_such_upload()
        return upload

    def _sealer(self, holder: Holder, upload: Upload) -> RecordSealer:
        return self._keys.record_sealer(holder, upload.id, upload.sealed_key)

    async def _write(self, upload: Upload, writer: Writer, content: AsyncIterable[bytes]) -> None:
        """Write what comes; what came until something stops it is flushed, unless the disk does."""
        is_cut_off = True
        try:
            async for piece in content:
                self._check_length(writer.offset_bytes + len(piece), upload.length_bytes)
                writer.take(piece)
                if writer.waiting_bytes >= PART_BYTES:
                    await in_thread(writer.write)
            is_cut_off = False
        except RetryLater:
            is_cut_off = False
            raise
        finally:
            if is_cut_off:
                await in_thread(writer.flush)
        is_whole = upload.length_bytes in (None, writer.offset_bytes)
        await in_thread(writer.finish if is_whole else writer.flush)

    def _check_length(self, length_bytes: int, said_bytes: int | None = None) -> None:
        if length_bytes > self.limit_bytes:
            raise TooLarge(f"附件超过 {self.limit_bytes} 字节的上限，请压缩或分成几个文件。")
        if said_bytes is not None and length_bytes > said_bytes:
            raise TooLarge(f"内容超过事先说明的长度（{said_bytes} 字节）。")

    async def _finished(self, upload: Upload) -> Progress:
        document = await self._store.get(ATTACHMENTS, upload.attachment_id)
        if document is None:
            raise no_such_upload()
        attachment = store.attachment_of(document)
        return Progress(upload, attachment.size_bytes, attachment, is_repeat=True)

    async def _stands(self, holder: Holder, upload: Upload, writer: Writer) -> Progress:
        """Where the upload is now. A whole file that isn't entered yet is: it may have come to its end in a process
        that was stopped then."""
        if not writer.is_ended:
            return Progress(upload, writer.offset_bytes)
        new = self._keys.attachment(holder, upload, writer.offset_bytes, writer.digest())
        stands = await in_transaction(
            self._store, lambda transaction: enter_whole(transaction, holder, upload, new)
        )
        if stands is None:
            raise HolderWithdrawn
        if stands.content_mac != new.content_mac:
            raise AttachmentDiffers
        return Progress(upload, new.size_bytes, stands, is_repeat=stands.file_id != upload.id)

    async def _give_up(self, upload: Upload) -> None:
        with contextlib.suppress(RetryLater):  # it expires in any case
            await in_transaction(self._store, lambda transaction: discard(transaction, upload.id))

    async def _content(self, file_id: str, sealer: RecordSealer) -> AsyncIterator[bytes]:
        with contextlib.closing(self._files.records(file_id, sealer)) as records:
            while (part := await in_thread(next, records, None)) is not None:
                yield part


def _check_offset(stands_bytes: int, came_bytes: int) -> None:
    if stands_bytes != came_bytes:
        raise OffsetMoved(stands_bytes, came_bytes)


def _check_audited(holder: Holder, audited: AuditEntry) -> None:
    if (audited.action, audited.resource.get("id")) != (Action.OPEN_SEALED.value, holder.id):
        raise NotAllowed("打开附件须先有打开该份密封内容的审计记录。")
