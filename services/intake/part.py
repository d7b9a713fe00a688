"""What a part of intake brings to the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter

from services.intake.quarantine.replaying import Replayer
from shared.http import Face
from shared.platform import Component
from shared.store.port import Collection, Counters


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part, joined: its routes, what runs in the background, what it keeps in the store, how it takes in again what
    it had put into quarantine, and how clients of its paths are answered."""

    router: APIRouter = field(default_factory=APIRouter)
    components: tuple[Component, ...] = ()
    collections: tuple[Collection | Counters, ...] = ()
    replayers: Mapping[str, Replayer] = field(default_factory=dict)
    faces: tuple[Face, ...] = ()
