"""The use cases on a case that stands: change, consent, link, record, sign, sign off, reopen, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.intake.attachments import Vault
from services.intake.attachments.model import MOST_FOR_ONE
from services.intake.attachments.store import ATTACHMENTS, of_holder
from services.intake.cases import store
from services.intake.cases.desk import Desk, form_field, resource_of
from services.intake.cases.form import RecordingConsent, RegistrationForm
from services.intake.cases.model import Case, Consent
from services.intake.cases.opening import sealable
from services.intake.cases.parts import PART_NAMES, PART_OF_KIND, Act, Part, PartAction, PartState
from services.intake.cases.store import CASES
from services.intake.model import State
from services.intake.store import REGISTRATIONS, registration_of
from shared.access import Action, Principal
from shared.errors import Conflict, FieldProblem, Invalid, NotFound
from shared.events import rfc3339
from shared.privacy import normalise_receipt
from shared.store.port import DuplicateId, Transaction
from shared.store.structs import body_of

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a client's clock may be ahead of ours."""


class Cases:
    """Changes cases. Every method raises NotFound, NotAllowed, CaseWithdrawn, and RetryLater besides what it says."""

    def __init__(self, desk: Desk, vault: Vault) -> None:
        self._desk = desk
        self._vault = vault

    async def amend_form(self, principal: Principal, id: str, form: RegistrationForm) -> Case:
        """Put ``form`` in the place of what stands, which is kept, sealed. Raises Conflict when it is signed."""
        content, privacies = sealable(form), self._desk.privacies
        act = Act(PartAction.RECORD, principal.subject, self._now())

        async def work(_: Transaction, case: Case) -> Case:
            privacy = privacies[case.campaign]
            form_mac = privacy.pseudonyms.content_mac(b"form\0" + case.id.encode() + content)
            if (form_mac, case.parts[Part.FORM].state) == (case.form_mac, PartState.RECORDED):
                return case
            sealed = privacy.sealer.seal(
                self._desk.data_key(case), case.id, form_field(case.revision + 1), content
            )
            return case.with_form(sealed, form_mac, rfc3339(form.visited_at), act)

        return await self._desk.change(principal, id, Action.KEEP_CASE, "amend_case_form", work)

    async def consent_to_recording(self, principal: Principal, id: str, given: RecordingConsent) -> Case:
        """The respondent agreed to be recorded. Raises Invalid for a time to come, Conflict for another one."""
        self._check_past("given_at", given.given_at)
        consent, now = Consent(rfc3339(given.given_at), how=given.how), self._now()

        async def work(_: Transaction, case: Case) -> Case:
            return case.with_recording_consent(consent, by=principal.subject, at=now)

        return await self._desk.change(principal, id, Action.KEEP_CASE, "consent_to_recording", work)

    async def link(self, principal: Principal, id: str, receipt: str) -> Case:
        """The case's questionnaire, by its receipt: of the same unit. Raises NotFound, Conflict when one is taken."""
        code, now = normalise_receipt(receipt), self._now()

        async def work(transaction: Transaction, case: Case) -> Case:
            submission_id = await _linkable(transaction, case, code)
            return case.linked(submission_id, by=principal.subject, at=now)

        try:
            return await self._desk.change(principal, id, Action.KEEP_CASE, "link_case", work)
        except DuplicateId:
            raise Conflict("这份问卷已关联另一个个案。", code="already-linked") from None

    async def record(
        self, principal: Principal, id: str, part: Part, *, pages: int, recorded_at: datetime | None
    ) -> Case:
        """Notes or edited text are finished, with their attachments. Raises Invalid, Conflict when it is signed."""
        if part is Part.FORM:
            raise Invalid(
                "登记表提交即为记录，无须另行登记。", [FieldProblem("part", "应为 notes 或 edited_text")]
            )
        self._check_past("recorded_at", recorded_at or self._desk.clock())
        at = rfc3339(recorded_at) if recorded_at else self._now()
        act = Act(PartAction.RECORD, principal.subject, at, pages=pages)

        async def work(transaction: Transaction, case: Case) -> Case:
            if not await _files(transaction, case, part):
                kinds = "、".join(kind for kind, of in PART_OF_KIND.items() if of is part)
                raise Conflict(f"{PART_NAMES[part]}还没有附件，请先上传（{kinds}）。", code="no-attachment")
            return case.acted(part, act)

        return await self._desk.change(principal, id, Action.KEEP_CASE, "record_case_part", work)

    async def sign(self, principal: Principal, id: str, parts: Sequence[Part]) -> Case:
        """The interviewer's signature under each of ``parts``, or none. Raises Conflict."""
        act = Act(PartAction.SIGN, principal.subject, self._now())

        async def work(transaction: Transaction, case: Case) -> Case:
            for part in parts:
                files = await _files(transaction, case, part)
                case = case.acted(part, act._replace(files=tuple(files)))
            return case

        return await self._desk.change(principal, id, Action.KEEP_CASE, "sign_case", work)

    async def sign_off(self, principal: Principal, id: str, parts: Sequence[Part]) -> Case:
        """The team lead's signature under each of ``parts``, or none; not under an own case. Raises Conflict."""
        return await self._lead(
            principal, id, parts, Act(PartAction.SIGN_OFF, principal.subject, self._now())
        )

    async def reopen(self, principal: Principal, id: str, parts: Sequence[Part], reason: str) -> Case:
        """The team lead gives parts back to be done again. Raises Conflict where nothing is signed."""
        act = Act(PartAction.REOPEN, principal.subject, self._now(), reason=reason)
        return await self._lead(principal, id, parts, act)

    async def withdraw(self, principal: Principal, id: str, reason: str) -> Case:
        """Take the case back: its data key is destroyed. By its interviewer or a team lead; again changes nothing."""
        found = await self._desk.found(principal, id)
        if found.wrapped_key is None:
            return found
        is_lead = self._desk.access.is_allowed(principal, Action.SIGN_OFF, resource_of(found))
        permission, now = Action.SIGN_OFF if is_lead else Action.KEEP_CASE, self._now()

        async def work(transaction: Transaction, case: Case) -> Case:
            await self._vault.forget(transaction, case.id)
            return case.withdrawn(by=principal.subject, at=now, reason=reason)

        return await self._desk.change(principal, id, permission, "withdraw_case", work)

    async def forget_submission(self, transaction: Transaction, submission_id: str) -> None:
        """A submission is withdrawn: so is the case of the same interview, in the same transaction."""
        document = await store.of_submission(transaction, submission_id)
        case = None if document is None else store.case_of(document)
        if document is None or case is None or case.wrapped_key is None:
            return
        await self._vault.forget(transaction, case.id)
        withdrawn = case.withdrawn(by=submission_id, at=self._now(), reason="关联的问卷已撤回")
        await transaction.replace(CASES, case.id, body_of(withdrawn), version=document.version)

    async def _lead(self, principal: Principal, id: str, parts: Sequence[Part], act: Act) -> Case:
        async def work(_: Transaction, case: Case) -> Case:
            for part in parts:
                case = case.acted(part, act)
            return case

        return await self._desk.change(principal, id, Action.SIGN_OFF, f"{act.action}_case", work)

    def _now(self) -> str:
        return rfc3339(self._desk.clock())

    def _check_past(self, field: str, moment: datetime) -> None:
        if moment > self._desk.clock() + CLOCKS_DIFFER:
            raise Invalid("时间有误。", [FieldProblem(field, "不能是将来的时间")])


async def _files(transaction: Transaction, case: Case, part: Part) -> list[str]:
    """The ids of the attachments that belong to ``part``."""
    documents = await of_holder(transaction, ATTACHMENTS, case.id, MOST_FOR_ONE)
    return sorted(each.id for each in documents if PART_OF_KIND.get(each.body["kind"]) is part)


async def _linkable(transaction: Transaction, case: Case, code: str) -> str:
    document = await transaction.get(REGISTRATIONS, code)
    registration = None if document is None else registration_of(document)
    if registration is None or (registration.campaign, registration.unit) != (case.campaign, case.unit):
        raise NotFound("没有这个回执，或者不是本单位的；请核对回执号。", code="unknown-receipt")
    if registration.state is State.WITHDRAWN:
        raise Conflict("这份问卷已撤回，不能关联。", code="already-withdrawn")
    return registration.submission_id
