"""Joins the parts of attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from fastapi.params import Depends as Dependency

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.cleaning import Cleaner
from services.intake.attachments.files import SealedFiles
from services.intake.attachments.keys import Keys
from services.intake.attachments.routes import add_attachment_routes
from services.intake.attachments.store import ATTACHMENTS, REMOVALS, UPLOADS
from services.intake.attachments.vault import Vault
from services.intake.part import Part
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from shared.platform import Platform
from shared.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class AttachmentRoom(Part):
    """The part, and what others put their files into."""

    vault: Vault
    attachments: Attachments


def build_attachments(
    platform: Platform,
    settings: IntakeSettings,
    privacies: Mapping[str, Privacy],
    *,
    upload_limit: Dependency,
) -> AttachmentRoom:
    """The parts over ``platform``."""
    folder = settings.intake_attachments_dir
    files = SealedFiles(folder, Space(folder, settings.intake_free_space_floor_bytes))
    expires = timedelta(seconds=settings.intake_upload_expires_s)
    vault = Vault(
        files=files,
        keys=Keys(privacies, platform.clock, platform.real_clock, expires),
        store=platform.store,
        clock=platform.real_clock,
        limit_bytes=platform.settings.http_attachment_limit_bytes,
    )
    attachments = Attachments(vault, privacies, platform.access, platform.store)
    router = APIRouter(prefix="/intake/v1", tags=["intake 接收"], dependencies=[upload_limit])
    add_attachment_routes(
        router,
        "/receipts/{name}",
        vault=vault,
        holder_of=attachments.holder,
        listed=attachments.listed,
    )
    return AttachmentRoom(
        vault=vault,
        attachments=attachments,
        router=router,
        components=(Cleaner(files, platform.store, platform.real_clock),),
        collections=(ATTACHMENTS, UPLOADS, REMOVALS),
    )
