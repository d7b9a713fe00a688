"""Joins the parts of intake."""

from __future__ import annotations

from services.intake import store
from services.intake.changing import Changing
from services.intake.door import Door
from services.intake.gate import Gate
from services.intake.handlers import Submitting
from services.intake.routes import router_of
from services.intake.settings import IntakeSettings
from shared.access import AuditTrail
from shared.consuming import Outbox
from shared.http import Service
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


def build(platform: Platform) -> Service:
    """The service over ``platform``. Raises KeysUnusable when the campaigns' keys aren't there."""
    settings = IntakeSettings()
    keyring = KeyRing.load(platform.settings.keys_file)
    doors = {
        id: Door(campaign, Privacy.for_campaign(keyring, id)) for id, campaign in platform.campaigns.items()
    }
    is_spooling = settings.intake_when_log_is_away == "spool"
    gate = Gate(platform.log, settings.intake_spool_dir, is_spooling=is_spooling)
    outbox = Outbox("intake", log=platform.log, store=platform.store, clock=platform.clock)
    audit = AuditTrail(platform.store, "intake")
    submitting = Submitting(
        campaigns=platform.campaigns,
        doors=doors,
        access=platform.access,
        store=platform.store,
        gate=gate,
        clock=platform.clock,
    )
    changing = Changing(
        submitting=submitting,
        doors=doors,
        access=platform.access,
        store=platform.store,
        outbox=outbox,
        audit=audit,
        clock=platform.clock,
    )
    return Service(
        name="intake",
        router=router_of(submitting, changing, line_limit_bytes=settings.intake_line_limit_bytes),
        components=(gate, outbox),
        collections=(store.REGISTRATIONS, outbox.collection, *audit.collections),
        needs_log_to_start=not is_spooling,
    )
