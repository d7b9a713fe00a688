"""Joins the parts of the message board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from services.intake.channels.app_board.nonces import Nonces
from services.intake.channels.app_board.posting import Posting
from services.intake.channels.app_board.replying import Replying
from services.intake.channels.app_board.routes import router_of
from services.intake.channels.app_board.sealed import SealedTexts
from services.intake.channels.app_board.signers import Signers
from services.intake.channels.app_board.store import COLLECTIONS
from services.intake.channels.app_board.telling import Telling
from services.intake.channels.app_board.verifying import Verifying
from services.intake.channels.app_board.webhooks import Webhooks
from services.intake.handlers import Submitting
from services.intake.handling.handlers import Handling
from services.intake.limiting import Buckets
from services.intake.part import Part
from shared.access import AuditTrail
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


def build_app_board(
    platform: Platform,
    keyring: KeyRing,
    privacies: Mapping[str, Privacy],
    *,
    submitting: Submitting,
    handling: Handling,
    audit: AuditTrail,
    signing_keys_file: Path,
    uploads: Buckets,
) -> Part:
    """The board over ``platform``. Raises KeysUnusable when the file of signing keys is malformed."""
    texts = {id: SealedTexts(privacy) for id, privacy in privacies.items()}
    signers = Signers(signing_keys_file, keyring)
    nonces = Nonces(platform.store, platform.real_clock)
    telling = Telling(texts, platform.access, platform.store)
    webhooks = Webhooks(telling, signers, platform.store, platform.real_clock)
    replying = Replying(
        texts,
        access=platform.access,
        store=platform.store,
        handling=handling,
        audit=audit,
        clock=platform.clock,
        on_reply=webhooks.wake,
    )
    router = router_of(
        Verifying(signers, nonces, platform.real_clock),
        Posting(submitting, texts, platform.store),
        telling,
        replying,
        uploads,
    )
    return Part(router=router, components=(nonces, webhooks), collections=COLLECTIONS)
