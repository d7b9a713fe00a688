"""The documents of intake: one registration per submission, under its receipt."""

from __future__ import annotations

import msgspec

from services.intake.model import Registration
from shared.store.port import Collection, Document

REGISTRATIONS = Collection("intake.registrations")


def to_body(registration: Registration) -> bytes:
    """The document of ``registration``. What stands at its default is left out."""
    return _encode(registration)


def registration_of(document: Document) -> Registration:
    """The registration in ``document``."""
    return msgspec.convert(document.body, Registration)


_encode = msgspec.json.Encoder().encode
