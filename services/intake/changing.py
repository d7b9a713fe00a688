"""The use cases on a submission that stands: look up, amend, withdraw, sign off."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.intake import store
from services.intake.door import SOURCE, Door
from services.intake.errors import AlreadyWithdrawn, NoSuchReceipt, RevisionMoved
from services.intake.form import Form
from services.intake.handlers import Submitting
from services.intake.model import Receipt, Registration, State, submission_id
from services.intake.owning import resource_of
from shared.access import Access, Action, AuditTrail, Principal
from shared.consuming import Outbox
from shared.errors import FieldProblem, Invalid
from shared.events import (
    Event,
    EventData,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    Topic,
    derived_id,
    make_event,
    rfc3339,
)
from shared.logging import get_logger
from shared.platform import Clock
from shared.privacy import normalise_receipt, normalise_withdrawal_code
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction

Change = Callable[[Registration], tuple[Registration, Event] | None]
"""From what stands to what shall stand and the event that tells it; None when it stands so already."""

WithdrawnWith = Callable[[Transaction, str], Awaitable[None]]
"""Forgets what else belongs to the submission with this id, in the transaction that destroys its data key."""


class Changing:
    """Changes submissions: registration, audit entry and event in one transaction, so all or none."""

    def __init__(
        self,
        *,
        submitting: Submitting,
        doors: dict[str, Door],
        access: Access,
        store: Store,
        outbox: Outbox,
        audit: AuditTrail,
        clock: Clock,
        withdrawn_with: Sequence[WithdrawnWith],
    ) -> None:
        self._submitting = submitting
        self._doors = doors
        self._access = access
        self._store = store
        self._outbox = outbox
        self._audit = audit
        self._clock = clock
        self._withdrawn_with = withdrawn_with

    async def look_up(self, principal: Principal, receipt: str) -> Receipt:
        """The submission under ``receipt``. Raises NotFound, also where the principal may not know of it."""
        found = await self.find(receipt)
        if not self._access.is_allowed(principal, Action.READ_RECEIPT, resource_of(found.registration)):
            raise NoSuchReceipt
        return found

    async def find(self, receipt: str) -> Receipt:
        """The submission under ``receipt``, for whoever has it. Raises Invalid, NotFound."""
        code = normalise_receipt(receipt)
        document = await self._store.get(store.REGISTRATIONS, code)
        if document is None:
            raise NoSuchReceipt
        return Receipt(code, store.registration_of(document))

    async def amend(
        self, principal: Principal, receipt: str, submission: Form, *, expected_revision: int | None
    ) -> Receipt:
        """Put ``submission`` in the place of what was told. Amending to what stands changes nothing.

        Raises Invalid, NotFound, NotAllowed, AlreadyWithdrawn, RevisionMoved.
        """
        found = await self._permitted(principal, receipt, Action.AMEND)
        submission = self._submitting.checked(principal, submission)
        self._check_same_form(found.registration, submission)
        door = self._doors[found.registration.campaign]
        content_mac = door.mac(submission)

        def change(stands: Registration) -> tuple[Registration, Event] | None:
            _check_stands(stands)
            if (stands.amended_mac or stands.content_mac) == content_mac:
                return None
            if expected_revision not in (None, stands.revision):
                raise RevisionMoved(expected_revision or 0, stands.revision)
            amended = stands.amended(content_mac=content_mac, unit=submission.placed_unit)
            return amended, door.event(submission, amended, door.data_key(amended))

        return await self._change(principal, found, Action.AMEND, change)

    async def withdraw(self, principal: Principal, receipt: str) -> Receipt:
        """Take it back: destroy its data key and tell every service. Withdrawing again changes nothing."""
        return await self._withdraw(principal, await self._permitted(principal, receipt, Action.WITHDRAW))

    async def withdraw_by_respondent(self, receipt: str, code: str) -> Receipt:
        """As ``withdraw``, for the respondent. Raises as ``find_by_respondent``."""
        found = await self.find_by_respondent(receipt, code)
        subject = f"respondent:{found.registration.submission_id}"
        return await self._withdraw(Principal(subject, "person", frozenset()), found)

    async def find_by_respondent(self, receipt: str, code: str) -> Receipt:
        """The submission of whoever has receipt and withdrawal code: nobody else was told both.

        Raises Invalid for what can't be a code, and the same NotFound for a wrong one as for a wrong receipt.
        """
        shown = normalise_withdrawal_code(code)
        found = await self.find(receipt)
        door = self._doors[found.registration.campaign]
        if not hmac.compare_digest(shown, door.withdrawal_code(found.registration.submission_id)):
            raise NoSuchReceipt
        return found

    async def _withdraw(self, principal: Principal, found: Receipt) -> Receipt:
        at = rfc3339(self._clock())

        def change(stands: Registration) -> tuple[Registration, Event] | None:
            if stands.state is State.WITHDRAWN:
                return None
            data = SubmissionWithdrawn(
                submission_id=stands.submission_id, campaign=stands.campaign, withdrawn_at=at
            )
            return stands.withdrawn(), _event(stands, data, "withdrawn", at)

        return await self._change(principal, found, Action.WITHDRAW, change)

    async def withdraw_again(self, transaction: Transaction, told: Mapping[str, str]) -> None:
        """Take back what stands though the log says that it was withdrawn: campaign by submission id.

        So it is in a store that was restored from a backup, which has the data keys again.
        """
        known = {id: self._doors[campaign] for id, campaign in told.items() if campaign in self._doors}
        codes = [door.receipt(id) for id, door in known.items()]
        for code, document in (await transaction.get_many(store.REGISTRATIONS, codes)).items():
            stands = store.registration_of(document)
            if stands.state is State.WITHDRAWN:
                continue
            withdrawn = store.to_body(stands.withdrawn())
            await transaction.replace(store.REGISTRATIONS, code, withdrawn, version=document.version)
            await self._forget(transaction, stands.submission_id)
            get_logger("intake.withdrawal").warning("withdrawn-again", submission=stands.submission_id)

    async def sign_off(self, principal: Principal, receipt: str) -> Receipt:
        """Sign the record of an offline interview. Signing again changes nothing.

        Raises Invalid for what wasn't an offline interview.
        """
        found = await self._permitted(principal, receipt, Action.SIGN_OFF)
        if found.registration.mode != "offline":
            raise Invalid("只有线下访谈需要签字确认，这一份是线上提交的。", code="not-an-interview")
        at = rfc3339(self._clock())

        def change(stands: Registration) -> tuple[Registration, Event] | None:
            _check_stands(stands)
            if stands.signed_off_at is not None:
                return None
            data = SubmissionSignedOff(
                submission_id=stands.submission_id,
                campaign=stands.campaign,
                signed_off_by=principal.subject,
                signed_off_at=at,
            )
            return stands.signed_off(at), _event(stands, data, "signed-off", at)

        return await self._change(principal, found, Action.SIGN_OFF, change)

    async def _permitted(self, principal: Principal, receipt: str, action: Action) -> Receipt:
        found = await self.look_up(principal, receipt)
        self._access.check(principal, action, resource_of(found.registration))
        return found

    def _check_same_form(self, registration: Registration, submission: Form) -> None:
        id = submission_id(submission.campaign, submission.channel, submission.source_id)
        if id != registration.submission_id:
            reason = "应与原提交相同：修改的必须是同一活动、同一渠道的同一份表单"
            raise Invalid("这不是回执所指的那份表单。", [FieldProblem("source_id", reason)])

    async def _change(self, principal: Principal, found: Receipt, action: Action, change: Change) -> Receipt:
        async def work(transaction: Transaction) -> Receipt:
            document = await transaction.get(store.REGISTRATIONS, found.code)
            if document is None:
                raise NoSuchReceipt
            stands = store.registration_of(document)
            changed = change(stands)
            if changed is None:
                return Receipt(found.code, stands)
            registration, event = changed
            body = store.to_body(registration)
            await transaction.replace(store.REGISTRATIONS, found.code, body, version=document.version)
            if registration.wrapped_key is None:
                await self._forget(transaction, registration.submission_id)
            await self._audit.record(
                transaction,
                principal=principal,
                action=action,
                resource=resource_of(registration),
                details={"revision": registration.revision, **_moved(stands, registration)},
                now=self._clock(),
            )
            await self._outbox.enter(transaction, [(Topic.SUBMISSIONS, event)])
            return Receipt(found.code, registration)

        receipt = await in_transaction(self._store, work)
        self._outbox.wake()
        return receipt

    async def _forget(self, transaction: Transaction, submission_id: str) -> None:
        for forget in self._withdrawn_with:
            await forget(transaction, submission_id)


def _check_stands(registration: Registration) -> None:
    if registration.state is State.WITHDRAWN:
        raise AlreadyWithdrawn


def _moved(before: Registration, after: Registration) -> dict[str, str]:
    """For the audit trail: from which unit to which a submission was moved."""
    if before.unit == after.unit:
        return {}
    return {"moved_from": before.unit, "moved_to": after.unit}


def _event(registration: Registration, data: EventData, what: str, at: str) -> Event:
    return make_event(
        data,
        id=derived_id(registration.submission_id, what),
        source=SOURCE,
        subject=registration.submission_id,
        time=at,
        key=registration.key,
    )
