"""Joins the parts of the hotline."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.params import Depends as Dependency

from services.intake.channels.hotline.definition import load_hotline
from services.intake.channels.hotline.importing import Importing
from services.intake.channels.hotline.keeping import ADAPTER, RowKeeping
from services.intake.channels.hotline.routes import router_of
from services.intake.channels.hotline.store import MATTERS
from services.intake.channels.hotline.taking_in import TakingIn
from services.intake.handlers import Submitting
from services.intake.part import Part
from services.intake.quarantine import Quarantine
from shared.platform import Platform
from shared.privacy import Privacy


def build_hotline(
    platform: Platform,
    privacies: Mapping[str, Privacy],
    *,
    submitting: Submitting,
    quarantine: Quarantine,
    upload_limit: Dependency,
) -> Part:
    """The hotlines of the campaigns that have one. Raises CampaignInvalid for a wrong ``hotline.yaml``."""
    loaded = {id: load_hotline(platform.settings.campaigns_dir / id) for id in platform.campaigns}
    hotlines = {id: hotline for id, hotline in loaded.items() if hotline is not None}
    taking_in = TakingIn(
        hotlines, privacies, submitting=submitting, access=platform.access, store=platform.store
    )
    importing = Importing(taking_in, platform.campaigns, RowKeeping(quarantine))
    return Part(
        router=router_of(taking_in, importing, platform.campaigns, upload_limit),
        collections=(MATTERS,),
        replayers={ADAPTER: importing.replay},
    )
