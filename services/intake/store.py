"""The documents of intake: one registration per submission, under its receipt."""

from __future__ import annotations

import msgspec

from services.intake.model import Registration
from shared.store.port import Body, Collection, Document

REGISTRATIONS = Collection("intake.registrations")


def to_body(registration: Registration) -> Body:
    """The document of ``registration``. What stands at its default is left out."""
    body: Body = msgspec.to_builtins(registration)
    return body


def registration_of(document: Document) -> Registration:
    """The registration in ``document``."""
    return msgspec.convert(document.body, Registration)
