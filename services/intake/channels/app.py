"""Joins the channels."""

from __future__ import annotations

from fastapi.params import Depends as Dependency

from services.intake.attachments import Attachments
from services.intake.changing import Changing
from services.intake.channels.app_board.app import build_app_board
from services.intake.channels.excel.app import build_excel
from services.intake.channels.hotline.app import build_hotline
from services.intake.channels.openrosa.app import build_openrosa
from services.intake.channels.wechat.app import build_wechat
from services.intake.ground import Ground
from services.intake.handling.handlers import Handling
from services.intake.part import Part
from services.intake.quarantine import Quarantine
from services.intake.receipts.asking import Asking


def build_channels(
    ground: Ground,
    *,
    changing: Changing,
    asking: Asking,
    attachments: Attachments,
    handling: Handling,
    quarantine: Quarantine,
    upload_limit: Dependency,
) -> tuple[Part, ...]:
    """Every channel over ``ground``, each with what of the rooms it needs."""
    platform, privacies, submitting = ground.platform, ground.privacies, ground.submitting
    keyring = ground.keys.content()
    return (
        build_openrosa(
            platform,
            keyring,
            privacies,
            ground.own_points.campaigns,
            submitting=submitting,
            changing=changing,
            attachments=attachments,
            quarantine=quarantine,
            uploads=ground.uploads,
        ),
        build_wechat(
            platform,
            ground.settings,
            privacies,
            submitting=submitting,
            asking=asking,
            changing=changing,
            attachments=attachments,
            quarantine=quarantine,
        ),
        build_app_board(
            platform,
            keyring,
            privacies,
            submitting=submitting,
            handling=handling,
            audit=ground.audit,
            signing_keys_file=platform.settings.signing_keys_file,
            uploads=ground.uploads,
        ),
        build_hotline(
            platform,
            privacies,
            submitting=submitting,
            quarantine=quarantine,
            upload_limit=upload_limit,
        ),
        build_excel(
            platform,
            ground.settings,
            privacies,
            ground.doors,
            ground.own_points,
            submitting=submitting,
            quarantine=quarantine,
            audit=ground.audit,
            upload_limit=upload_limit,
        ),
    )
