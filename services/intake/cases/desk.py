"""What every use case on cases stands on: finding one, whether somebody may, and writing what changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from services.intake.attachments.model import Holder
from services.intake.cases import store
from services.intake.cases.errors import CaseWithdrawn, NoRecordingConsent, PartSigned, no_such_case
from services.intake.cases.model import Case
from services.intake.cases.parts import PART_NAMES, RECORDING, PartStands, part_of_kind
from services.intake.cases.store import CASES
from shared.access import Access, Action, AuditTrail, Principal, Resource
from shared.access.audit import Detail
from shared.campaign import Campaign
from shared.platform import Clock
from shared.privacy import DataKey, Privacy
from shared.store.port import Body, Store, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

Change = Callable[[Transaction, Case], Awaitable[Case]]
"""From a case as it stands to what it becomes; the same one when nothing changes."""


class Desk:
    """Where cases are kept."""

    def __init__(
        self,
        *,
        campaigns: Mapping[str, Campaign],
        privacies: Mapping[str, Privacy],
        access: Access,
        store: Store,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self.campaigns = campaigns
        self.privacies = privacies
        self.access = access
        self.store = store
        self.audit = audit
        self.clock = clock

    async def found(self, principal: Principal, id: str) -> Case:
        """The case, if the principal may know of it. Raises NotFound."""
        document = await self.store.get(CASES, id)
        if document is None:
            raise no_such_case()
        case = store.case_of(document)
        self._check_visible(principal, case)
        return case

    async def change(
        self, principal: Principal, id: str, permission: Action, what: str, work: Change
    ) -> Case:
        """Do ``work`` on a case, with its audit entry ``what``.

        Raises NotFound, NotAllowed, CaseWithdrawn, and what ``work`` raises; then nothing changes.
        """

        async def change(transaction: Transaction) -> Case:
            document = await transaction.get(CASES, id)
            if document is None:
                raise no_such_case()
            case = store.case_of(document)
            self._check_visible(principal, case)
            self.access.check(principal, permission, resource_of(case))
            if case.wrapped_key is None:
                raise CaseWithdrawn
            changed = await work(transaction, case)
            if changed is not case:
                await transaction.replace(CASES, id, body_of(changed), version=document.version)
                await self.record(transaction, principal, what, changed)
            return changed

        return await in_transaction(self.store, change)

    async def record(self, transaction: Transaction, principal: Principal, what: str, case: Case) -> None:
        """The audit entry of a change, in its transaction."""
        details: dict[str, Detail] = {
            "case_number": case.case_number,
            "state": case.state.value,
            "revision": case.revision,
            "entries": len(case.history),
        }
        await self.audit.record(
            transaction,
            principal=principal,
            action=what,
            resource=resource_of(case),
            details=details,
            now=self.clock(),
        )

    async def holder(self, principal: Principal, id: str) -> Holder:
        """The case as the holder of its attachments, for its interviewer.

        Raises NotFound, NotAllowed, CaseWithdrawn.
        """
        case = await self.found(principal, id)
        self.access.check(principal, Action.KEEP_CASE, resource_of(case))
        return holder_of(case)

    def data_key(self, case: Case) -> DataKey:
        """The data key of a case that isn't withdrawn."""
        assert case.wrapped_key is not None
        return self.privacies[case.campaign].sealer.unwrap(case.id, case.wrapped_key)

    def _check_visible(self, principal: Principal, case: Case) -> None:
        if not self.access.is_allowed(principal, Action.READ_CASE, resource_of(case)):
            raise no_such_case()


def resource_of(case: Case) -> Resource:
    """The case as the policies see it."""
    return Resource("case", case.id, case.campaign, unit=case.unit, owner=case.interviewer)


def holder_of(case: Case) -> Holder:
    """The case as the holder of its attachments. Raises CaseWithdrawn."""
    if case.wrapped_key is None:
        raise CaseWithdrawn
    return Holder(case.id, case.campaign, CASES, case.id, case.wrapped_key, _admits)


def form_field(revision: int) -> str:
    """What the sealed form is bound to."""
    return f"form/{revision}"


def _admits(case: Body, kind: str) -> None:
    """Raise what speaks against a file of ``kind``: the part is signed, or nobody was asked for the recording."""
    part = part_of_kind(kind)
    if not PartStands(**case["parts"][part]).is_open_for_change:
        raise PartSigned(PART_NAMES[part])
    if kind == RECORDING and case.get("recording_consent") is None:
        raise NoRecordingConsent
