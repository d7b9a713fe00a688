"""Looking at cases: what stands, for all who may know; what is sealed, after the audit entry, for few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from services.intake.attachments import Opened, Vault
from services.intake.attachments.model import Attachment
from services.intake.cases import store
from services.intake.cases.desk import Desk, form_field, holder_of, resource_of
from services.intake.cases.errors import CaseWithdrawn
from services.intake.cases.model import Case
from services.intake.cases.store import CasePage
from services.intake.limiting import Buckets
from shared.access import Action, AuditEntry, Principal, Resource
from shared.errors import FieldProblem, Invalid
from shared.store.port import Transaction
from shared.store.retrying import in_transaction


class OpenedCase(NamedTuple):
    """What was sealed of a case: the form's fields, and what each attachment is called."""

    case: Case
    form: Mapping[str, Any]
    attachments: list[tuple[Attachment, str]]
    entry: AuditEntry


class Looking:
    """Finds cases and opens them."""

    def __init__(self, desk: Desk, vault: Vault, limit: Buckets) -> None:
        self._desk = desk
        self._vault = vault
        self._limit = limit

    async def cases(
        self, principal: Principal, campaign: str, *, unit: str | None, team: str | None, cursor: str | None
    ) -> CasePage:
        """The cases of a unit (and team): all of them, or an interviewer's own.

        Without a unit: of the principal's, or of all units for who may see them. Raises Invalid, and NotAllowed,
        which is hidden.
        """
        access = self._desk.access
        if unit is None and not access.is_allowed(
            principal, Action.READ_CASE, Resource("case", "", campaign)
        ):
            unit = principal.unit
        if team is not None and unit is None:
            raise Invalid("按调查组查询须同时给出责任单位。", [FieldProblem("unit", "缺少这一项")])
        asked = Resource("case", campaign=campaign, unit=unit)
        own = Resource("case", campaign=campaign, unit=principal.unit, owner=principal.subject)
        sees_all = access.is_allowed(principal, Action.READ_CASE, asked)
        if not sees_all and not access.is_allowed(principal, Action.KEEP_CASE, own):
            access.check(principal, Action.READ_CASE, asked)
        return await store.find_cases(
            self._desk.store,
            campaign=campaign,
            unit=unit if sees_all else None,
            team=team if sees_all else None,
            interviewer=None if sees_all else principal.subject,
            cursor=cursor,
        )

    async def case(self, principal: Principal, id: str) -> Case:
        """The case as it stands. Raises NotFound."""
        return await self._desk.found(principal, id)

    async def attachments(self, principal: Principal, id: str) -> list[Attachment]:
        """Its whole attachments, oldest first. Raises NotFound."""
        return await self._vault.listed((await self._desk.found(principal, id)).id)

    async def unseal(self, principal: Principal, id: str, *, purpose: str) -> OpenedCase:
        """Open the form and the attachments' names. Raises NotFound, CaseWithdrawn, TooMany."""
        case, entry = await self._permit(principal, id, {"fields": ["form"], "purpose": purpose})
        assert case.sealed_form is not None, "looked at with the entry"
        sealer, key = self._desk.privacies[case.campaign].sealer, self._desk.data_key(case)
        form = sealer.open(key, case.id, form_field(case.revision), case.sealed_form)
        names = await self._vault.named(holder_of(case), audited=entry)
        return OpenedCase(case, orjson.loads(form), names, entry)

    async def unseal_attachment(
        self, principal: Principal, id: str, attachment_id: str, *, purpose: str
    ) -> Opened:
        """Open an attachment. Raises NotFound, CaseWithdrawn, TooMany."""
        fields = [f"attachment/{attachment_id}"]
        case, entry = await self._permit(principal, id, {"fields": fields, "purpose": purpose})
        return await self._vault.read(holder_of(case), attachment_id, audited=entry)

    async def _permit(
        self, principal: Principal, id: str, details: Mapping[str, str | list[str]]
    ) -> tuple[Case, AuditEntry]:
        """The case, and the durable entry without which nothing of it is opened."""
        case = await self._desk.found(principal, id)
        self._desk.access.check(principal, Action.READ_SEALED_CASE, resource_of(case))
        if case.wrapped_key is None:
            raise CaseWithdrawn
        self._limit.take(principal.subject)

        async def work(transaction: Transaction) -> AuditEntry:
            return await self._desk.audit.record(
                transaction,
                principal=principal,
                action=Action.OPEN_SEALED,
                resource=resource_of(case),
                details={"case_number": case.case_number, **details},
                now=self._desk.clock(),
            )

        return case, await in_transaction(self._desk.store, work)
