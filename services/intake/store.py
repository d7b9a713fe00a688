"""The documents of intake: one registration per submission, under its receipt."""

from __future__ import annotations

from dataclasses import asdict

from services.intake.model import Registration, State
from shared.store.port import Body, Collection, Document

REGISTRATIONS = Collection("intake.registrations")


def to_body(registration: Registration) -> Body:
    """The document of ``registration``."""
    return asdict(registration)


def registration_of(document: Document) -> Registration:
    """The registration in ``document``."""
    body = document.body
    return Registration(**{**body, "state": State(body["state"])})
