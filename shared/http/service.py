"""What a service hands to the app factory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import BaseModel

from shared.http.faces import Face
from shared.platform import Component
from shared.store.port import Collection, Counters

Books = Callable[[str], Awaitable[Mapping[str, int]]]
"""From a campaign's id to the entries of this service's books, in submissions."""


class BooksBody(BaseModel):
    """The books of one service: entries that must agree with those of the others."""

    campaign: str
    entries: dict[str, int]


@dataclass(frozen=True, slots=True)
class Service:
    """One service, built but not started.

    The ``router`` has the prefix ``/<name>/v1``. ``components`` start in this order, once log and store are
    open, and stop in reverse. ``needs_log_to_start``: whether the service is of no use before the log was
    reached once. ``faces``: where its clients speak a protocol that isn't ours.
    """

    name: str
    router: APIRouter
    components: tuple[Component, ...] = ()
    collections: tuple[Collection | Counters, ...] = ()
    books: Books | None = None
    needs_log_to_start: bool = True
    faces: tuple[Face, ...] = ()
