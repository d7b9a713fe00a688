"""Joins the parts of the OpenRosa API."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.attachments import Attachments
from services.intake.changing import Changing
from services.intake.channels.openrosa.editing import EDITS, Edits
from services.intake.channels.openrosa.keeping import ADAPTER, Keeping
from services.intake.channels.openrosa.posting import Posting
from services.intake.channels.openrosa.publishing import Publishing
from services.intake.channels.openrosa.receiving import Receiving
from services.intake.channels.openrosa.routes import Desk, Desks, face_of, router_of
from services.intake.handlers import Submitting
from services.intake.limiting import Buckets
from services.intake.model import Receipt
from services.intake.part import Part
from services.intake.quarantine import Quarantine, Raw
from shared.access import Interviewers, SigningIn, derived_key
from shared.campaign import Campaign
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


def build_openrosa(
    platform: Platform,
    keyring: KeyRing,
    privacies: Mapping[str, Privacy],
    campaigns: Mapping[str, Campaign],
    *,
    submitting: Submitting,
    changing: Changing,
    attachments: Attachments,
    quarantine: Quarantine,
    uploads: Buckets,
) -> Part:
    """The API over ``platform``, for each of ``campaigns``, which are as of now."""
    keepings: dict[str, Keeping] = {}
    desks: dict[str, Desk] = {}
    for id in campaigns:
        publishing = Publishing(campaigns, id, platform.settings.campaigns_dir / id)
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

    return Part(
        router=router_of(at, uploads, limit_bytes=limit_bytes),
        faces=(face_of(at, limit_bytes=limit_bytes),),
        collections=(EDITS,),
        replayers={ADAPTER: replay},
    )


def _signing_in(platform: Platform, keyring: KeyRing, campaign: str) -> SigningIn:
    keys = keyring.campaign(campaign)
    interviewers = Interviewers(platform.settings.interviewers_file, campaign, keys)
    return SigningIn(interviewers, derived_key(keys, "interviewers/nonces"), platform.real_clock)
