"""Joins the parts of attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.cleaning import Cleaner
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.keys import Keys
from services.intake.attachments.routes import add_attachment_routes
from services.intake.attachments.store import ATTACHMENTS, REMOVALS, UPLOADS
from services.intake.attachments.vault import Vault
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from shared.platform import Platform
from shared.privacy import Privacy
from shared.store.port import Collection


@dataclass(frozen=True, slots=True)
class Attaching:
    """All that joins attachments to the service."""

    vault: Vault
    attachments: Attachments
    cleaner: Cleaner
    router: APIRouter
    collections: tuple[Collection, ...] = (ATTACHMENTS, UPLOADS, REMOVALS)


def build_attachments(
    platform: Platform, settings: IntakeSettings, privacies: Mapping[str, Privacy]
) -> Attaching:
    """The parts over ``platform``."""
    folder = settings.intake_attachments_dir
    files = SealedFiles(folder, Space(folder, settings.intake_free_space_floor_bytes))
    expires = timedelta(seconds=settings.intake_upload_expires_s)
    vault = Vault(
        files=files,
        keys=Keys(privacies, platform.clock, expires),
        store=platform.store,
        clock=platform.clock,
        limit_bytes=platform.settings.http_attachment_limit_bytes,
    )
    attachments = Attachments(vault, privacies, platform.access, platform.store)
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"])
    add_attachment_routes(
        router,
        "/receipts/{name}",
        vault=vault,
        holder_of=attachments.holder,
        listed=attachments.listed,
    )
    return Attaching(vault, attachments, Cleaner(files, platform.store, platform.clock), router)
