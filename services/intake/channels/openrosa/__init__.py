"""The OpenRosa API: ODK Collect as the interviewer's client, also for days without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from services.intake.attachments import Attachments
from services.intake.changing import Changing
from services.intake.channels.openrosa.editing import EDITS, Edits
from services.intake.channels.openrosa.keeping import ADAPTER, Keeping
from services.intake.channels.openrosa.posting import Posting
from services.intake.channels.openrosa.publishing import Publishing
from services.intake.channels.openrosa.receiving import Receiving
from services.intake.channels.openrosa.routes import Desk, Desks, face_of, router_of
from services.intake.handlers import Submitting
from services.intake.model import Receipt
from services.intake.quarantine import Quarantine, Raw, Replayer
from shared.access import Interviewers, SigningIn, derived_key
from shared.http import Face
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy
from shared.store.port import Collection

__all__ = ["OpenRosa", "build_openrosa"]


@dataclass(frozen=True, slots=True)
class OpenRosa:
    """What intake gets of it."""

    router: APIRouter
    face: Face
    replayers: Mapping[str, Replayer]
    collections: tuple[Collection, ...] = (EDITS,)


def build_openrosa(
    platform: Platform,
    keyring: KeyRing,
    privacies: Mapping[str, Privacy],
    *,
    submitting: Submitting,
    changing: Changing,
    attachments: Attachments,
    quarantine: Quarantine,
) -> OpenRosa:
    """The API over ``platform``, for every campaign."""
    keepings: dict[str, Keeping] = {}
    desks: dict[str, Desk] = {}
    for id, campaign in platform.campaigns.items():
        publishing = Publishing(campaign, platform.settings.campaigns_dir / id)
        receiving = Receiving(
            publishing=publishing,
            submitting=submitting,
            changing=changing,
            edits=Edits(platform.store, id),
            privacy=privacies[id],
        )
        keepings[id] = Keeping(quarantine, receiving, id)
        posting = Posting(receiving, keepings[id], attachments)
        desks[id] = Desk(publishing, posting, _signing_in(platform, keyring, id))
    limit_bytes = platform.settings.http_attachment_limit_bytes
    at = Desks(desks, platform.access)

    async def replay(raw: Raw) -> Receipt:
        return await keepings[raw.campaign].replay(raw)

    return OpenRosa(
        router=router_of(at, limit_bytes=limit_bytes),
        face=face_of(at, limit_bytes=limit_bytes),
        replayers={ADAPTER: replay},
    )


def _signing_in(platform: Platform, keyring: KeyRing, campaign: str) -> SigningIn:
    keys = keyring.campaign(campaign)
    interviewers = Interviewers(platform.settings.interviewers_file, campaign, keys)
    return SigningIn(interviewers, derived_key(keys, "nonces"), platform.clock)
