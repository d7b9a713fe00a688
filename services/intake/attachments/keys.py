"""What of an attachment is sealed with its holder's data key: its own key, and what it is called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from services.intake.attachments.model import Attachment, Described, Holder, Upload
from services.intake.attachments.sealing import RecordSealer
from shared.events import rfc3339
from shared.platform import Clock
from shared.privacy import DataKey, Privacy
from shared.real_time import RealClock

KEY_BYTES = 32


class Keys:
    """Makes and opens the keys of attachments.

    Each has a random key of its own, sealed with the holder's data key: once that one is destroyed, no copy of
    the file can be read any more.
    """

    def __init__(
        self, privacies: Mapping[str, Privacy], clock: Clock, real_clock: RealClock, expires: timedelta
    ) -> None:
        self._privacies = privacies
        self._clock = clock
        self._real_clock = real_clock
        self._expires = expires

    def new_upload(self, holder: Holder, described: Described, length_bytes: int | None) -> Upload:
        """An upload with a fresh key. Its attachment's id follows from holder and name, and tells neither."""
        privacy, now, id = self._privacies[holder.campaign], self._real_clock(), uuid4().hex
        data_key = self._data_key(holder)
        attachment_id = privacy.pseudonyms.content_mac(f"name\0{holder.id}\0{described.name}".encode())
        name, key = described.name.encode(), os.urandom(KEY_BYTES)
        return Upload(
            id=id,
            holder_id=holder.id,
            attachment_id=attachment_id,
            media_type=described.media_type,
            kind=described.kind,
            sealed_name=privacy.sealer.seal(data_key, holder.id, _name_field(attachment_id), name),
            sealed_key=privacy.sealer.seal(data_key, holder.id, _key_field(id), key),
            begun_at=rfc3339(now),
            expires_at=rfc3339(now + self._expires),
            length_bytes=length_bytes,
        )

    def attachment(self, holder: Holder, upload: Upload, size_bytes: int, digest: bytes) -> Attachment:
        """The attachment that ``upload`` comes to, with this SHA-256."""
        content = b"content\0" + holder.id.encode() + b"\0" + digest
        return Attachment(
            id=upload.attachment_id,
            holder_id=holder.id,
            file_id=upload.id,
            media_type=upload.media_type,
            kind=upload.kind,
            size_bytes=size_bytes,
            content_mac=self._privacies[holder.campaign].pseudonyms.content_mac(content),
            sealed_name=upload.sealed_name,
            sealed_key=upload.sealed_key,
            received_at=rfc3339(self._clock()),
        )

    def record_sealer(self, holder: Holder, file_id: str, sealed_key: str) -> RecordSealer:
        """What seals and opens the records of a file. Raises SealBroken."""
        sealer = self._privacies[holder.campaign].sealer
        key = sealer.open(self._data_key(holder), holder.id, _key_field(file_id), sealed_key)
        return RecordSealer(key, holder.id, file_id)

    def name(self, holder: Holder, attachment: Attachment) -> str:
        """What the file was called. Raises SealBroken."""
        sealer, field = self._privacies[holder.campaign].sealer, _name_field(attachment.id)
        return sealer.open(self._data_key(holder), holder.id, field, attachment.sealed_name).decode()

    def _data_key(self, holder: Holder) -> DataKey:
        return self._privacies[holder.campaign].sealer.unwrap(holder.id, holder.wrapped_key)


def _name_field(attachment_id: str) -> str:
    return f"attachment-name/{attachment_id}"


def _key_field(file_id: str) -> str:
    return f"attachment-key/{file_id}"
