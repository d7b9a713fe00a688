"""Attachments as intake knows them: whose they are, what is remembered of them, how far an upload is. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

from shared.errors import FieldProblem, Invalid
from shared.store.port import Body, Collection

NAME_CHARS = 255
MOST_FOR_ONE = 100
"""Attachments and uploads under way of one submission or case."""
FILE_KIND = "file"
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")


class Holder(NamedTuple):
    """What attachments belong to: a submission or a case, with the data key that seals theirs.

    Its document is ``document_id`` of ``collection``; that one's ``wrapped_key`` is gone once it is withdrawn.
    ``admits`` raises what speaks against a file of some kind, as the document stands.
    """

    id: str
    campaign: str
    collection: Collection
    document_id: str
    wrapped_key: str
    admits: Callable[[Body, str], None]


class Described(NamedTuple):
    """What is told of a file before its bytes. ``kind`` says what it is for its holder."""

    name: str
    media_type: str = UNKNOWN_MEDIA_TYPE
    kind: str = FILE_KIND


class Upload(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file on its way in. ``length_bytes`` is None where only its end tells; names and keys are sealed."""

    id: str
    holder_id: str
    attachment_id: str
    media_type: str
    kind: str
    sealed_name: str
    sealed_key: str
    begun_at: str
    expires_at: str
    length_bytes: int | None = None
    is_finished: bool = False

    @property
    def expires(self) -> datetime:
        """When what isn't finished is thrown away."""
        return datetime.fromisoformat(self.expires_at)


class Attachment(msgspec.Struct, frozen=True):
    """A whole file. ``file_id`` names it on disk; ``content_mac`` tells a repeat from other content."""

    id: str
    holder_id: str
    file_id: str
    media_type: str
    kind: str
    size_bytes: int
    content_mac: str
    sealed_name: str
    sealed_key: str
    received_at: str


class Progress(NamedTuple):
    """How far an upload is: ``offset_bytes`` are on disk. ``attachment`` is there once it is whole."""

    upload: Upload
    offset_bytes: int
    attachment: Attachment | None = None
    is_repeat: bool = False


def checked(described: Described) -> Described:
    """``described`` in its normal form. Raises Invalid for what no file can be called."""
    name = unicodedata.normalize("NFC", described.name).strip()
    media_type = described.media_type.partition(";")[0].strip().lower() or UNKNOWN_MEDIA_TYPE
    problems = []
    if not 0 < len(name) <= NAME_CHARS:
        problems.append(FieldProblem("filename", f"应有 1 至 {NAME_CHARS} 个字"))
    elif any(unicodedata.category(character) in ("Cc", "Cs") or character in "/\\" for character in name):
        problems.append(FieldProblem("filename", "不能含有斜线或控制字符，只写文件名"))
    if not _MEDIA_TYPE.fullmatch(media_type):
        problems.append(FieldProblem("filetype", "应为媒体类型，如 audio/mp4"))
    if problems:
        raise Invalid("附件的名称或类型有误。", problems)
    return Described(name, media_type, described.kind)
