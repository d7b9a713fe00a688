"""Recording activities: with audit entry and event in one transaction, so all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.intake.activities import store
from services.intake.activities.form import ActivityForm, problems_of
from services.intake.activities.model import Activity, Totals, totals_of
from services.intake.activities.store import ACTIVITIES, PAGE_LENGTH, ActivityPage, Asked
from services.intake.activities.telling import event_of
from services.intake.errors import RevisionMoved
from services.intake.own_points import OwnPoints
from shared.access import Access, Action, AuditTrail, Principal, Resource
from shared.consuming import Outbox
from shared.errors import Conflict, FieldProblem, Invalid, NotFound
from shared.events import Topic, derived_id, rfc3339
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import DuplicateId, Store, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

CHANNEL = "offline"
"""What units do themselves comes by the channel of their interviews."""

Change = Callable[[Activity], Activity | None]
"""From what stands to what shall stand; None when it stands so already."""


class Activities:
    """Records, changes and sums up activities."""

    def __init__(
        self,
        *,
        points: OwnPoints,
        privacies: Mapping[str, Privacy],
        access: Access,
        store: Store,
        outbox: Outbox,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._campaigns = points.campaigns
        self._points = points
        self._privacies = privacies
        self._access = access
        self._store = store
        self._outbox = outbox
        self._audit = audit
        self._clock = clock

    async def record(self, principal: Principal, form: ActivityForm) -> tuple[Activity, bool]:
        """Record an activity, and whether it is new: the same content under the same id again is the same.

        Raises Invalid, NotAllowed, Conflict for other content, RetryLater.
        """
        new = self._checked(principal, form)

        async def work(transaction: Transaction) -> tuple[Activity, bool]:
            document = await transaction.get(ACTIVITIES, new.id)
            if document is not None:
                return _repeated(store.activity_of(document), new), False
            await transaction.insert(ACTIVITIES, new.id, body_of(new))
            await self._tell(transaction, principal, "record_activity", new)
            return new, True

        try:
            recorded = await in_transaction(self._store, work)
        except DuplicateId:  # the same came twice at once, and the other one was first
            recorded = await in_transaction(self._store, work)
        self._outbox.wake()
        return recorded

    async def amend(
        self, principal: Principal, id: str, form: ActivityForm, *, expected_revision: int | None
    ) -> Activity:
        """Put ``form`` in the place of what was told. Amending to what stands changes nothing.

        Raises Invalid, NotFound, NotAllowed, Conflict when it was withdrawn, RevisionMoved.
        """
        new = self._checked(principal, form)
        if new.id != id:
            reason = "应与原登记相同：修改的必须是同一活动、同一单位的同一项登记"
            raise Invalid("这不是所指的那项登记。", [FieldProblem("source_id", reason)])

        def change(stands: Activity) -> Activity | None:
            if stands.withdrawn_at is not None:
                raise Conflict(
                    "这项活动已撤回，不能再修改；要登记请换一个 source_id。", code="already-withdrawn"
                )
            if (stands.amended_mac or stands.content_mac) == new.content_mac:
                return None
            if expected_revision not in (None, stands.revision):
                raise RevisionMoved(expected_revision or 0, stands.revision)
            return stands.amended(new)

        return await self._change(principal, id, "amend_activity", change)

    async def withdraw(self, principal: Principal, id: str) -> Activity:
        """It was recorded by mistake. Withdrawing again changes nothing. Raises NotFound, NotAllowed."""
        at = rfc3339(self._clock())

        def change(stands: Activity) -> Activity | None:
            return None if stands.withdrawn_at is not None else stands.withdrawn(at)

        return await self._change(principal, id, "withdraw_activity", change)

    async def page(self, principal: Principal, asked: Asked, *, cursor: str | None) -> ActivityPage:
        """Activities, latest first, the withdrawn ones too. Raises NotAllowed, which is hidden."""
        self._check_reading(principal, asked)
        return await store.find_page(self._store, asked, limit=PAGE_LENGTH, cursor=cursor)

    async def totals(self, principal: Principal, asked: Asked) -> Totals:
        """What the summary table asks for. Raises NotAllowed, which is hidden."""
        self._check_reading(principal, asked)
        return totals_of(await store.find_all(self._store, asked))

    def _check_reading(self, principal: Principal, asked: Asked) -> None:
        resource = Resource("activity", campaign=asked.campaign, unit=asked.unit)
        self._access.check(principal, Action.READ_PROGRESS, resource)

    def _checked(self, principal: Principal, form: ActivityForm) -> Activity:
        """The activity that ``form`` tells of. Raises Invalid with every problem, NotAllowed, RetryLater."""
        campaign = self._campaigns.get(form.campaign)
        if campaign is None:
            allowed = f"没有这样的活动，应为 {'、'.join(self._campaigns)} 之一"
            raise Invalid("提交的内容有误。", [FieldProblem("campaign", allowed)])
        resource = Resource("activity", campaign=campaign.id, unit=form.unit, channel=CHANNEL)
        self._access.check(principal, Action.RECORD_ACTIVITY, resource)
        today = campaign.day_of(self._clock())
        problems = list(problems_of(form, campaign, today))
        if problems:
            self._points.check_known(problems)
            raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)
        return self._activity(principal, form)

    def _activity(self, principal: Principal, form: ActivityForm) -> Activity:
        pseudonyms = self._privacies[form.campaign].pseudonyms
        return Activity(
            id=derived_id("activity", form.campaign, form.unit, form.source_id),
            campaign=form.campaign,
            unit=form.unit,
            kind=form.kind,
            held_on=form.held_on.isoformat(),
            people_count=form.people_count,
            recorded_by=principal.subject,
            recorded_at=rfc3339(self._clock()),
            content_mac=pseudonyms.content_mac(b"activity\0" + form.model_dump_json().encode()),
            firm=form.firm,
            firm_pseudonym=None if form.firm is None else pseudonyms.firm(form.firm),
            point=form.point,
            way_of_working=form.way_of_working,
        )

    async def _change(self, principal: Principal, id: str, what: str, change: Change) -> Activity:
        async def work(transaction: Transaction) -> Activity:
            document = await transaction.get(ACTIVITIES, id)
            if document is None:
                raise _no_such_activity()
            stands = store.activity_of(document)
            if not self._access.is_allowed(principal, Action.RECORD_ACTIVITY, resource_of(stands)):
                raise _no_such_activity()
            changed = change(stands)
            if changed is None:
                return stands
            await transaction.replace(ACTIVITIES, id, body_of(changed), version=document.version)
            await self._tell(transaction, principal, what, changed)
            return changed

        activity = await in_transaction(self._store, work)
        self._outbox.wake()
        return activity

    async def _tell(
        self, transaction: Transaction, principal: Principal, what: str, activity: Activity
    ) -> None:
        await self._audit.record(
            transaction,
            principal=principal,
            action=what,
            resource=resource_of(activity),
            details={"revision": activity.revision},
            now=self._clock(),
        )
        event = event_of(activity, self._campaigns[activity.campaign].version)
        await self._outbox.enter(transaction, [(Topic.ACTIVITIES, event)])


def resource_of(activity: Activity) -> Resource:
    """The activity as the policies see it."""
    return Resource("activity", activity.id, activity.campaign, unit=activity.unit, channel=CHANNEL)


def _repeated(stands: Activity, new: Activity) -> Activity:
    if not stands.is_told_by(new.content_mac):
        raise Conflict(
            "这个 source_id 已用于另一项内容，没有改动。若要修改，请使用修改接口；若是另一项活动，请换一个。",
            code="content-differs",
        )
    return stands


def _no_such_activity() -> NotFound:
    return NotFound("没有这项活动，或者您无权修改。", code="unknown-activity")
