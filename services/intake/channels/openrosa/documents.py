"""The documents of the OpenRosa API (Form Discovery, Form Submission, Metadata 1.0) and its headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

MEDIA_TYPE = "text/xml; charset=utf-8"
VERSION_HEADERS: Mapping[str, str] = {"x-openrosa-version": "1.0"}
"""``Date``, which the API asks for too, is put in by the server."""

_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f]")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_RESPONSE = "http://openrosa.org/http/response"
_FORMS = "http://openrosa.org/xforms/xformsList"
_MANIFEST = "http://openrosa.org/xforms/xformsManifest"


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One form of the list. ``md5`` is that of the XForm's bytes; URLs are absolute."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str | None


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a manifest."""

    name: str
    md5: str
    download_url: str


def size_headers(limit_bytes: int) -> dict[str, str]:
    """What answers about submissions carry: a client cuts larger sets of files into several posts."""
    return {**VERSION_HEADERS, "x-openrosa-accept-content-length": str(limit_bytes)}


def response_document(message: str, *, nature: str) -> bytes:
    """``OpenRosaResponse``: ODK Collect shows ``message`` to the interviewer."""
    content = f'<message nature="{nature}">{_text(message)}</message>'
    return _document("OpenRosaResponse", _RESPONSE, content)


def form_list(forms: Iterable[ListedForm]) -> bytes:
    """The list of forms."""
    return _document("xforms", _FORMS, "".join(map(_listed_form, forms)))


def manifest(files: Iterable[ListedFile]) -> bytes:
    """The files that belong to a form."""
    entries = (
        f"<mediaFile><filename>{_text(file.name)}</filename><hash>md5:{file.md5}</hash>"
        f"<downloadUrl>{_text(file.download_url)}</downloadUrl></mediaFile>"
        for file in files
    )
    return _document("manifest", _MANIFEST, "".join(entries))


def _listed_form(form: ListedForm) -> str:
    media = "" if form.manifest_url is None else f"<manifestUrl>{_text(form.manifest_url)}</manifestUrl>"
    return (
        f"<xform><formID>{_text(form.form_id)}</formID><name>{_text(form.name)}</name>"
        f"<version>{_text(form.version)}</version><hash>md5:{form.md5}</hash>"
        f"<downloadUrl>{_text(form.download_url)}</downloadUrl>{media}</xform>"
    )


def _document(root: str, namespace: str, content: str) -> bytes:
    return f'{_DECLARATION}<{root} xmlns="{namespace}">{content}</{root}>\n'.encode()


def _text(text: str) -> str:
    """Escaped, and without what XML 1.0 can't say (an error may quote what came)."""
    return _UNSPEAKABLE.sub("", escape(text)).encode(errors="replace").decode()
