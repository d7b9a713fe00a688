"""Joins the parts of intake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from itertools import chain

from fastapi import APIRouter
from fastapi.params import Depends as Dependency

from services.intake import store
from services.intake.activities.app import build_activities
from services.intake.arrivals.answering import Arrivals
from services.intake.arrivals.routes import router_of as arrivals_router_of
from services.intake.attachments.app import AttachmentRoom, build_attachments
from services.intake.attachments.opening.routes import opening_router_of
from services.intake.cases.app import CaseRoom, build_cases
from services.intake.changing import Changing
from services.intake.channels.app_board.app import build_app_board
from services.intake.channels.excel import store as excel_store
from services.intake.channels.excel.app import build_excel
from services.intake.channels.hotline import store as hotline_store
from services.intake.channels.hotline.app import build_hotline
from services.intake.channels.openrosa.app import build_openrosa
from services.intake.channels.wechat.app import build_wechat
from services.intake.door import Door
from services.intake.gate import Gate
from services.intake.handlers import Submitting
from services.intake.handling import store as handling_store
from services.intake.handling.app import HandlingRoom, build_handling
from services.intake.key_holders import KEY_HOLDERS, KeyHolder
from services.intake.limiting import Buckets, Limit
from services.intake.obligations.app import ObligationRoom, build_obligations
from services.intake.obligations.routes import answer_reports
from services.intake.part import Part
from services.intake.quarantine.app import QuarantineRoom, build_quarantine
from services.intake.quarantine.json_forms import ADAPTER as JSON_ADAPTER
from services.intake.quarantine.json_forms import JsonForms
from services.intake.receipts.asking import Asking
from services.intake.receipts.routes import router_of as receipts_router_of
from services.intake.routes import DirectRoute, router_of, upload_limit
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from services.intake.spool import Room
from services.intake.unsealing.app import UnsealingRoom, build_unsealing
from shared.access import AuditTrail, Watched
from shared.consuming import Outbox
from shared.http import Service
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


def build(platform: Platform) -> Service:
    """The service over ``platform``. Raises KeysUnusable when the campaigns' keys aren't there."""
    return _Intake(platform).service()


class _Intake:
    """What the parts share, and the parts; each is made when another one first needs it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._settings = IntakeSettings()
        self._keys = Watched(platform.settings.keys_file, KeyRing.load)
        self._privacies: Mapping[str, Privacy] = {
            id: Privacy.live(self._keys, id) for id in platform.campaigns
        }
        self._doors = {id: Door(campaign, self._privacies[id]) for id, campaign in platform.campaigns.items()}
        self._outbox = Outbox("intake", log=platform.log, store=platform.store, clock=platform.real_clock)
        self._audit = AuditTrail(platform.store, "intake")

    def service(self) -> Service:
        """All of it."""
        self._quarantine.known_replayers.update(
            chain.from_iterable(part.replayers.items() for part in self._parts)
        )
        router = APIRouter()
        router.routes.extend(chain.from_iterable(part.router.routes for part in self._parts))
        # A request is compared with each route in turn: what comes most often stands first.
        router.routes.sort(key=lambda route: not isinstance(route, DirectRoute))
        return Service(
            name="intake",
            router=router,
            components=tuple(chain.from_iterable(part.components for part in self._parts)),
            collections=tuple(chain.from_iterable(part.collections for part in self._parts)),
            needs_log_to_start=not self._is_spooling,
            faces=tuple(chain.from_iterable(part.faces for part in self._parts)),
        )

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return (self._forms, self._receipts, *self._rooms, *self._channels)

    @cached_property
    def _forms(self) -> Part:
        """JSON posts, and what everything rests on."""
        settings, platform = self._settings, self._platform
        json_forms = JsonForms(
            quarantine=self._quarantine.quarantine,
            submitting=self._submitting,
            access=platform.access,
            campaigns=platform.campaigns.keys(),
        )
        holder = KeyHolder(
            keys=self._keys, privacies=self._privacies, store=platform.store, clock=platform.real_clock
        )
        return Part(
            router=router_of(
                self._submitting,
                self._changing,
                json_forms,
                self._uploads,
                answer_reports(self._obligations.reports),
                line_limit_bytes=settings.intake_line_limit_bytes,
                upload_limit=self._upload_limit,
            ),
            components=(self._gate, self._outbox, holder),
            collections=(
                store.REGISTRATIONS,
                self._outbox.collection,
                KEY_HOLDERS,
                *self._audit.collections,
            ),
            replayers={JSON_ADAPTER: json_forms.replay},
        )

    @cached_property
    def _receipts(self) -> Part:
        router = receipts_router_of(self._asking)
        arrivals = Arrivals(self._platform, self._privacies, self._submitting)
        router.routes.extend(arrivals_router_of(arrivals).routes)
        return Part(router=router)

    @cached_property
    def _rooms(self) -> tuple[Part, ...]:
        opening = opening_router_of(self._attachments.attachments, self._unsealing.unsealing)
        activities = build_activities(
            self._platform,
            self._privacies,
            self._audit,
            self._outbox,
            upload_limit=self._upload_limit,
        )
        return (
            Part(router=opening),
            self._quarantine,
            self._attachments,
            self._cases,
            self._unsealing,
            self._handling,
            activities,
            self._obligations,
        )

    @cached_property
    def _channels(self) -> tuple[Part, ...]:
        platform, privacies, submitting = self._platform, self._privacies, self._submitting
        quarantine, attachments = self._quarantine.quarantine, self._attachments.attachments
        keyring = self._keys.content()
        return (
            build_openrosa(
                platform,
                keyring,
                privacies,
                submitting=submitting,
                changing=self._changing,
                attachments=attachments,
                quarantine=quarantine,
                uploads=self._uploads,
            ),
            build_wechat(
                platform,
                self._settings,
                privacies,
                submitting=submitting,
                asking=self._asking,
                changing=self._changing,
                attachments=attachments,
                quarantine=quarantine,
            ),
            build_app_board(
                platform,
                keyring,
                privacies,
                submitting=submitting,
                handling=self._handling.handling,
                audit=self._audit,
                signing_keys_file=platform.settings.signing_keys_file,
                uploads=self._uploads,
            ),
            build_hotline(
                platform,
                privacies,
                submitting=submitting,
                quarantine=quarantine,
                upload_limit=self._upload_limit,
            ),
            build_excel(
                platform,
                self._settings,
                privacies,
                self._doors,
                submitting=submitting,
                quarantine=quarantine,
                audit=self._audit,
                upload_limit=self._upload_limit,
            ),
        )

    @property
    def _is_spooling(self) -> bool:
        return self._settings.intake_when_log_is_away == "spool"

    @cached_property
    def _gate(self) -> Gate:
        settings = self._settings
        space = Space(settings.intake_spool_dir, settings.intake_free_space_floor_bytes)
        return Gate(
            self._platform.log,
            settings.intake_spool_dir,
            Room(space, settings.intake_spool_limit_bytes),
            clock=self._platform.clock,
            is_spooling=self._is_spooling,
        )

    @cached_property
    def _uploads(self) -> Buckets:
        settings = self._settings
        return Buckets(
            Limit.CHANNEL_KEY, per_s=settings.intake_key_bytes_per_s, burst=settings.intake_key_burst_bytes
        )

    @cached_property
    def _upload_limit(self) -> Dependency:
        return upload_limit(self._uploads, limit_bytes=self._platform.settings.http_attachment_limit_bytes)

    @cached_property
    def _submitting(self) -> Submitting:
        platform = self._platform
        return Submitting(
            campaigns=platform.campaigns,
            doors=self._doors,
            access=platform.access,
            store=platform.store,
            gate=self._gate,
            clock=platform.clock,
        )

    @cached_property
    def _changing(self) -> Changing:
        platform = self._platform
        return Changing(
            submitting=self._submitting,
            doors=self._doors,
            access=platform.access,
            store=platform.store,
            outbox=self._outbox,
            audit=self._audit,
            clock=platform.clock,
            withdrawn_with=(
                self._attachments.vault.forget,
                self._cases.cases.forget_submission,
                self._quarantine.quarantine.forget,
                handling_store.forget,
                hotline_store.forget,
                excel_store.forget,
            ),
        )

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self._changing, self._handling.answers, self._platform.store)

    @cached_property
    def _handling(self) -> HandlingRoom:
        return build_handling(self._platform, self._privacies, self._audit, self._outbox)

    @cached_property
    def _obligations(self) -> ObligationRoom:
        return build_obligations(
            self._platform, self._privacies, self._audit, self._outbox, upload_limit=self._upload_limit
        )

    @cached_property
    def _attachments(self) -> AttachmentRoom:
        return build_attachments(
            self._platform, self._settings, self._privacies, upload_limit=self._upload_limit
        )

    @cached_property
    def _cases(self) -> CaseRoom:
        return build_cases(
            self._platform,
            self._privacies,
            self._audit,
            self._attachments.vault,
            upload_limit=self._upload_limit,
        )

    @cached_property
    def _quarantine(self) -> QuarantineRoom:
        keep_for = timedelta(days=self._settings.intake_quarantine_days)
        return build_quarantine(self._platform, self._privacies, self._audit, keep_for=keep_for)

    @cached_property
    def _unsealing(self) -> UnsealingRoom:
        return build_unsealing(
            self._platform,
            self._privacies,
            self._audit,
            self._outbox,
            withdraw_again=self._changing.withdraw_again,
        )
