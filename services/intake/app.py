"""Joins the parts of intake."""

from __future__ import annotations

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
from services.intake.channels.app import build_channels
from services.intake.channels.excel import store as excel_store
from services.intake.channels.hotline import store as hotline_store
from services.intake.ground import Ground
from services.intake.handling import store as handling_store
from services.intake.handling.app import HandlingRoom, build_handling
from services.intake.key_holders import KEY_HOLDERS, KeyHolder
from services.intake.obligations.app import ObligationRoom, build_obligations
from services.intake.obligations.routes import answer_reports
from services.intake.part import Part
from services.intake.quarantine.app import QuarantineRoom, build_quarantine
from services.intake.quarantine.json_forms import ADAPTER as JSON_ADAPTER
from services.intake.quarantine.json_forms import JsonForms
from services.intake.receipts.asking import Asking
from services.intake.receipts.routes import router_of as receipts_router_of
from services.intake.routes import router_of, upload_limit
from services.intake.unsealing.app import UnsealingRoom, build_unsealing
from shared.http import Service
from shared.platform import Platform


def build(platform: Platform) -> Service:
    """The service over ``platform``. Raises KeysUnusable when the campaigns' keys aren't there."""
    return _Intake(Ground(platform)).service()


class _Intake:
    """The parts over ``ground``; each is made when another one first needs it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._platform = ground.platform
        self._privacies = ground.privacies

    def service(self) -> Service:
        """All of it."""
        self._quarantine.known_replayers.update(
            chain.from_iterable(part.replayers.items() for part in self._parts)
        )
        router = APIRouter()
        router.routes.extend(chain.from_iterable(part.router.routes for part in self._parts))
        return Service(
            name="intake",
            router=router,
            components=tuple(chain.from_iterable(part.components for part in self._parts)),
            collections=tuple(chain.from_iterable(part.collections for part in self._parts)),
            needs_log_to_start=not self._ground.is_spooling,
            faces=tuple(chain.from_iterable(part.faces for part in self._parts)),
        )

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return (self._forms, self._receipts, *self._rooms, *self._channels)

    @cached_property
    def _forms(self) -> Part:
        """JSON posts, and what everything rests on."""
        ground, platform = self._ground, self._platform
        json_forms = JsonForms(
            quarantine=self._quarantine.quarantine,
            submitting=ground.submitting,
            access=platform.access,
            campaigns=platform.campaigns.keys(),
        )
        holder = KeyHolder(
            keys=ground.keys, privacies=self._privacies, store=platform.store, clock=platform.real_clock
        )
        return Part(
            router=router_of(
                ground.submitting,
                self._changing,
                json_forms,
                ground.uploads,
                answer_reports(self._obligations.reports),
                line_limit_bytes=ground.settings.intake_line_limit_bytes,
                upload_limit=self._upload_limit,
            ),
            components=(ground.gate, ground.outbox, holder, ground.own_points.component),
            collections=(
                store.REGISTRATIONS,
                ground.outbox.collection,
                KEY_HOLDERS,
                *ground.own_points.collections,
                *ground.audit.collections,
            ),
            replayers={JSON_ADAPTER: json_forms.replay},
        )

    @cached_property
    def _receipts(self) -> Part:
        router = receipts_router_of(self._asking)
        arrivals = Arrivals(self._platform, self._privacies, self._ground.submitting)
        router.routes.extend(arrivals_router_of(arrivals).routes)
        return Part(router=router)

    @cached_property
    def _rooms(self) -> tuple[Part, ...]:
        ground = self._ground
        opening = opening_router_of(self._attachments.attachments, self._unsealing.unsealing)
        activities = build_activities(
            self._platform,
            self._privacies,
            ground.own_points,
            ground.audit,
            ground.outbox,
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
        return build_channels(
            self._ground,
            changing=self._changing,
            asking=self._asking,
            attachments=self._attachments.attachments,
            handling=self._handling.handling,
            quarantine=self._quarantine.quarantine,
            upload_limit=self._upload_limit,
        )

    @cached_property
    def _upload_limit(self) -> Dependency:
        return upload_limit(self._ground.uploads)

    @cached_property
    def _changing(self) -> Changing:
        ground, platform = self._ground, self._platform
        return Changing(
            submitting=ground.submitting,
            doors=ground.doors,
            access=platform.access,
            store=platform.store,
            outbox=ground.outbox,
            audit=ground.audit,
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
        return build_handling(self._platform, self._privacies, self._ground.audit, self._ground.outbox)

    @cached_property
    def _obligations(self) -> ObligationRoom:
        ground = self._ground
        return build_obligations(
            self._platform, self._privacies, ground.audit, ground.outbox, upload_limit=self._upload_limit
        )

    @cached_property
    def _attachments(self) -> AttachmentRoom:
        return build_attachments(
            self._platform, self._ground.settings, self._privacies, upload_limit=self._upload_limit
        )

    @cached_property
    def _cases(self) -> CaseRoom:
        return build_cases(
            self._platform,
            self._privacies,
            self._ground.audit,
            self._attachments.vault,
            upload_limit=self._upload_limit,
        )

    @cached_property
    def _quarantine(self) -> QuarantineRoom:
        keep_for = timedelta(days=self._ground.settings.intake_quarantine_days)
        return build_quarantine(self._platform, self._privacies, self._ground.audit, keep_for=keep_for)

    @cached_property
    def _unsealing(self) -> UnsealingRoom:
        ground = self._ground
        return build_unsealing(
            self._platform,
            self._privacies,
            ground.audit,
            ground.outbox,
            withdraw_again=self._changing.withdraw_again,
        )
