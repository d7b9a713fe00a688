"""The words of the tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload): headers.

The core protocol with the extensions creation and expiration. One rule is broken on purpose: ``HEAD`` doesn't give
``Upload-Metadata`` back, since a file's name may name a person, and nothing sealed is opened on the way in.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from email.utils import format_datetime

from services.intake.attachments.model import FILE_KIND, UNKNOWN_MEDIA_TYPE, Described, Progress, Upload
from shared.errors import FieldProblem, Invalid

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration"
PATCH_MEDIA_TYPE = "application/offset+octet-stream"
LONGEST_NUMBER_CHARS = 15


def described(metadata_header: str | None, content_type: str | None) -> Described:
    """What ``Upload-Metadata`` says: ``filename <base64>,filetype <base64>``; the type else by ``Content-Type``.

    Raises Invalid.
    """
    metadata = _metadata(metadata_header or "")
    if "filename" not in metadata:
        raise _invalid("Upload-Metadata", "应含文件名，写作：filename 后加一个空格和文件名（UTF-8）的 base64")
    media_type = metadata.get("filetype") or content_type or UNKNOWN_MEDIA_TYPE
    return Described(metadata["filename"], media_type, metadata.get("kind", FILE_KIND))


def number(name: str, header: str | None) -> int:
    """A header that is a whole number of bytes. Raises Invalid."""
    text = header or ""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER_CHARS):
        raise _invalid(name, "应为字节数（十进制整数）")
    return int(text)


def creation_headers(upload: Upload, location: str) -> dict[str, str]:
    """Of the answer to a creation."""
    return {"location": location, **_expiry(upload)}


def progress_headers(progress: Progress) -> dict[str, str]:
    """Of the answer to HEAD and PATCH."""
    upload = progress.upload
    headers = {"upload-offset": str(progress.offset_bytes)}
    if upload.length_bytes is not None:
        headers["upload-length"] = str(upload.length_bytes)
    return headers if progress.attachment is not None else {**headers, **_expiry(upload)}


def abilities(limit_bytes: int) -> dict[str, str]:
    """Of the answer to OPTIONS."""
    return {"tus-version": VERSION, "tus-extension": EXTENSIONS, "tus-max-size": str(limit_bytes)}


def _metadata(header: str) -> Mapping[str, str]:
    pairs = [pair.strip().partition(" ") for pair in header.split(",") if pair.strip()]
    return {key: _decoded(value) for key, _, value in pairs}


def _decoded(value: str) -> str:
    try:
        return b64decode(value.strip(), validate=True).decode()
    except ValueError:  # of base64, and of UTF-8
        raise _invalid("Upload-Metadata", "每一项的值应为 UTF-8 文字的 base64") from None


def _expiry(upload: Upload) -> dict[str, str]:
    return {"upload-expires": format_datetime(upload.expires, usegmt=True)}


def _invalid(header: str, message: str) -> Invalid:
    return Invalid("请求头有误。", [FieldProblem(header, message)], code="bad-upload-header")
