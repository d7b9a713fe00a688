"""Joins the parts of intake."""

from __future__ import annotations

from datetime import timedelta

from services.intake import store
from services.intake.activities.app import build_activities
from services.intake.arrivals.answering import Arrivals
from services.intake.arrivals.routes import router_of as arrivals_router_of
from services.intake.attachments.app import build_attachments
from services.intake.attachments.opening.routes import opening_router_of
from services.intake.cases.app import build_cases
from services.intake.changing import Changing
from services.intake.channels.app_board.app import build_app_board
from services.intake.channels.excel.app import build_excel
from services.intake.channels.hotline import store as hotline_store
from services.intake.channels.hotline.app import build_hotline
from services.intake.channels.openrosa import build_openrosa
from services.intake.channels.wechat import build_wechat
from services.intake.door import Door
from services.intake.gate import Gate
from services.intake.handlers import Submitting
from services.intake.key_holders import KEY_HOLDERS, KeyHolder
from services.intake.limiting import Buckets, Limit
from services.intake.quarantine.app import build_quarantine
from services.intake.quarantine.json_forms import ADAPTER as JSON_ADAPTER
from services.intake.quarantine.json_forms import JsonForms
from services.intake.receipts.asking import Asking
from services.intake.receipts.routes import router_of as receipts_router_of
from services.intake.routes import DirectRoute, router_of
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from services.intake.spool import Room
from services.intake.unsealing.app import build_unsealing
from shared.access import AuditTrail, Watched
from shared.consuming import Outbox
from shared.http import Service
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


def build(platform: Platform) -> Service:
    """The service over ``platform``. Raises KeysUnusable when the campaigns' keys aren't there."""
    settings = IntakeSettings()
    keys = Watched(platform.settings.keys_file, KeyRing.load)
    keyring = keys.content()
    privacies = {id: Privacy.live(keys, id) for id in platform.campaigns}
    doors = {id: Door(campaign, privacies[id]) for id, campaign in platform.campaigns.items()}
    is_spooling = settings.intake_when_log_is_away == "spool"
    space = Space(settings.intake_spool_dir, settings.intake_free_space_floor_bytes)
    spool_room = Room(space, settings.intake_spool_limit_bytes)
    gate = Gate(
        platform.log,
        settings.intake_spool_dir,
        spool_room,
        clock=platform.clock,
        is_spooling=is_spooling,
    )
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
    attaching = build_attachments(platform, settings, privacies)
    activities = build_activities(platform, privacies, audit, outbox)
    casework = build_cases(platform, privacies, audit, attaching.vault)
    keep_for = timedelta(days=settings.intake_quarantine_days)
    room = build_quarantine(platform, privacies, audit, keep_for=keep_for)
    opening = build_unsealing(platform, privacies, audit, outbox)
    changing = Changing(
        submitting=submitting,
        doors=doors,
        access=platform.access,
        store=platform.store,
        outbox=outbox,
        audit=audit,
        clock=platform.clock,
        withdrawn_with=(
            attaching.vault.forget,
            casework.cases.forget_submission,
            room.quarantine.forget,
            hotline_store.forget,
        ),
    )
    board = build_app_board(
        platform,
        keyring,
        privacies,
        submitting=submitting,
        audit=audit,
        signing_keys_file=platform.settings.signing_keys_file,
    )
    hotline = build_hotline(platform, privacies, submitting=submitting)
    json_forms = JsonForms(
        quarantine=room.quarantine,
        submitting=submitting,
        access=platform.access,
        campaigns=platform.campaigns.keys(),
    )
    asking = Asking(changing, platform.store)
    wechat = build_wechat(
        platform,
        settings,
        privacies,
        submitting=submitting,
        asking=asking,
        changing=changing,
        attachments=attaching.attachments,
        quarantine=room.quarantine,
    )
    openrosa = build_openrosa(
        platform,
        keyring,
        privacies,
        submitting=submitting,
        changing=changing,
        attachments=attaching.attachments,
        quarantine=room.quarantine,
    )
    excel = build_excel(
        platform,
        settings,
        privacies,
        doors,
        submitting=submitting,
        quarantine=room.quarantine,
        audit=audit,
    )
    room.replayers.update(
        {
            JSON_ADAPTER: json_forms.replay,
            **wechat.replayers,
            **openrosa.replayers,
            **excel.replayers,
        }
    )
    holder = KeyHolder(keys=keys, privacies=privacies, store=platform.store, clock=platform.clock)
    uploads = Buckets(
        Limit.CHANNEL_KEY, per_s=settings.intake_key_bytes_per_s, burst=settings.intake_key_burst_bytes
    )
    router = router_of(
        submitting, changing, json_forms, uploads, line_limit_bytes=settings.intake_line_limit_bytes
    )
    router.routes.extend(opening_router_of(attaching.attachments, opening.unsealing).routes)
    for part in (openrosa, wechat, room, attaching, casework, activities, opening, board, hotline, excel):
        router.routes.extend(part.router.routes)
    router.routes.extend(receipts_router_of(asking).routes)
    router.routes.extend(arrivals_router_of(Arrivals(platform, privacies, submitting)).routes)
    # A request is compared with each route in turn: what comes most often stands first.
    router.routes.sort(key=lambda route: not isinstance(route, DirectRoute))
    return Service(
        name="intake",
        router=router,
        components=(
            gate,
            outbox,
            holder,
            *room.components,
            *opening.components,
            *board.components,
            *wechat.components,
            *excel.components,
            attaching.cleaner,
        ),
        collections=(
            store.REGISTRATIONS,
            outbox.collection,
            KEY_HOLDERS,
            *audit.collections,
            *room.collections,
            *opening.collections,
            *attaching.collections,
            *casework.collections,
            *activities.collections,
            *board.collections,
            *hotline.collections,
            *wechat.collections,
            *openrosa.collections,
            *excel.collections,
        ),
        needs_log_to_start=not is_spooling,
        faces=(openrosa.face,),
    )
