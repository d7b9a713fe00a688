"""What every use case on obligations stands on: who may, whether the unit owes it, and writing what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from services.intake.obligations.model import Thing
from services.intake.obligations.store import Shelf
from services.intake.obligations.telling import event_of
from shared.access import Action, AuditTrail, Principal, Resource
from shared.campaign import Campaign, Obligation, ObligationKind, Unit
from shared.consuming import Outbox
from shared.errors import FieldProblem, Invalid, NotFound
from shared.events import Topic, rfc3339
from shared.platform import Platform
from shared.privacy import Privacy
from shared.store.port import DuplicateId, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

CHANNEL = "offline"
"""What units do themselves comes by the channel of their interviews."""

Kept = TypeVar("Kept", bound=Thing)
Change = Callable[[Kept | None], Kept]
"""From what stands (None: nothing yet) to what shall stand; the same one when nothing changes."""


class Owing(NamedTuple):
    """A unit, and what it owes of one kind."""

    campaign: Campaign
    unit: Unit
    obligation: Obligation


class Desk:
    """Where things that units did are entered."""

    def __init__(
        self, platform: Platform, privacies: Mapping[str, Privacy], outbox: Outbox, audit: AuditTrail
    ) -> None:
        self.platform = platform
        self.privacies = privacies
        self.audit = audit
        self._outbox = outbox

    def permitted(
        self, principal: Principal, action: Action, campaign: str, unit: str, kind: ObligationKind
    ) -> Owing:
        """What the unit owes of ``kind``, for whoever may. Raises NotAllowed, NotFound."""
        self.platform.access.check(principal, action, resource_of(campaign, unit))
        definition = self.platform.campaign(campaign)
        obligation = definition.obligation_of(unit, kind)
        if obligation is None:
            raise NotFound(
                f"“{definition.unit(unit).name}”在这个活动中没有这项任务（{kind}）。",
                code="no-such-obligation",
            )
        return Owing(definition, definition.unit(unit), obligation)

    async def change(
        self, principal: Principal, shelf: Shelf[Kept], id: str, what: str, change: Change[Kept]
    ) -> tuple[Kept, bool]:
        """Do ``change``, with its audit entry ``what`` and its event in one transaction; and whether it is new.

        Raises what ``change`` raises, and RetryLater; then nothing changes.
        """

        async def work(transaction: Transaction) -> tuple[Kept, bool]:
            document = await transaction.get(shelf.collection, id)
            stands = shelf.thing_of(document)
            changed = change(stands)
            if changed is stands:
                return changed, False
            if document is None:
                await transaction.insert(shelf.collection, id, body_of(changed))
            else:
                body = body_of(changed)
                await transaction.replace(shelf.collection, id, body, version=document.version)
            await self._tell(transaction, principal, what, changed)
            return changed, stands is None

        try:
            done = await in_transaction(self.platform.store, work)
        except DuplicateId:  # the same came twice at once, and the other one was first
            done = await in_transaction(self.platform.store, work)
        self._outbox.wake()
        return done

    def now(self) -> str:
        """The time, as things keep it."""
        return rfc3339(self.platform.clock())

    def today(self, campaign: Campaign) -> date:
        """The day, by the campaign's clock."""
        return campaign.day_of(self.platform.clock())

    async def _tell(self, transaction: Transaction, principal: Principal, what: str, thing: Thing) -> None:
        await self.audit.record(
            transaction,
            principal=principal,
            action=what,
            resource=resource_of(thing.campaign, thing.unit, thing.id),
            details={"revision": thing.revision},
            now=self.platform.clock(),
        )
        version = self.platform.campaigns[thing.campaign].version
        await self._outbox.enter(transaction, [(Topic.OBLIGATIONS, event_of(thing, version))])


def resource_of(campaign: str, unit: str, id: str = "") -> Resource:
    """What a unit owes, as the policies see it."""
    return Resource("obligation", id, campaign, unit=unit, channel=CHANNEL)


def refuse_if_any(problems: Sequence[FieldProblem]) -> None:
    """Raises Invalid with all of ``problems``."""
    if problems:
        raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)
