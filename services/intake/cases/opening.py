"""Opening a case: its registration form sealed, its number the team's next."""

from __future__ import annotations

from services.intake.cases import store
from services.intake.cases.desk import Desk, form_field
from services.intake.cases.errors import CaseDiffers
from services.intake.cases.form import CaseOpening, RegistrationForm
from services.intake.cases.model import Case, Consent
from services.intake.cases.parts import Part, PartStands, PartState
from services.intake.cases.store import CASES
from shared.access import Action, Principal, Resource
from shared.errors import FieldProblem, Invalid
from shared.events import derived_id, rfc3339
from shared.store.port import DuplicateId, Transaction
from shared.store.retrying import in_transaction
from shared.store.structs import body_of


async def open_case(desk: Desk, principal: Principal, opening: CaseOpening) -> tuple[Case, bool]:
    """Open a case, and whether it is new: the same content under the same id again is the same case.

    Numbers of a team follow each other without a gap: one is taken in the transaction that enters its case, and
    stays taken when that one is withdrawn. Raises Invalid, NotAllowed, TeamTaken, CaseDiffers, RetryLater.
    """
    _check(desk, principal, opening)
    draft = _draft(desk, principal, opening)

    async def work(transaction: Transaction) -> tuple[Case, bool]:
        return await _entered(desk, principal, transaction, draft)

    try:
        return await in_transaction(desk.store, work)
    except DuplicateId:  # the same came twice at once, and the other one was first
        return await in_transaction(desk.store, work)


def _check(desk: Desk, principal: Principal, opening: CaseOpening) -> None:
    campaign = desk.campaigns.get(opening.campaign)
    if campaign is None:
        allowed = f"没有这样的活动，应为 {'、'.join(desk.campaigns)} 之一"
        raise Invalid("提交的内容有误。", [FieldProblem("campaign", allowed)])
    resource = Resource("case", campaign=campaign.id, unit=opening.unit, owner=principal.subject)
    desk.access.check(principal, Action.KEEP_CASE, resource)
    problems = []
    if opening.unit not in campaign.units:
        problems.append(FieldProblem("unit", f"没有这样的责任单位，应为 {'、'.join(campaign.units)} 之一"))
    if opening.consent.version not in campaign.consents.texts:
        versions = "、".join(campaign.consents.texts)
        problems.append(FieldProblem("consent.version", f"没有这样的知情同意书版本，应为 {versions} 之一"))
    if problems:
        raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)


def _draft(desk: Desk, principal: Principal, opening: CaseOpening) -> Case:
    """The case, but for its number."""
    id = derived_id("case", opening.campaign, opening.team, opening.source_id)
    privacy, now = desk.privacies[opening.campaign], rfc3339(desk.clock())
    data_key, form = privacy.sealer.new_data_key(id), sealable(opening.form)
    whole = principal.subject.encode() + b"\0" + opening.model_dump_json().encode()
    return Case(
        id=id,
        campaign=opening.campaign,
        unit=opening.unit,
        team=opening.team,
        number=0,
        case_number="",
        interviewer=principal.subject,
        content_mac=privacy.pseudonyms.content_mac(b"case\0" + whole),
        form_mac=privacy.pseudonyms.content_mac(b"form\0" + id.encode() + form),
        opened_at=now,
        visited_at=rfc3339(opening.form.visited_at),
        consent=Consent(rfc3339(opening.consent.given_at), opening.consent.version, opening.consent.how),
        wrapped_key=data_key.wrapped,
        sealed_form=privacy.sealer.seal(data_key, id, form_field(0), form),
        parts={
            Part.FORM: PartStands(PartState.RECORDED, recorded_at=now),
            Part.NOTES: PartStands(),
            Part.EDITED_TEXT: PartStands(),
        },
    )


async def _entered(
    desk: Desk, principal: Principal, transaction: Transaction, draft: Case
) -> tuple[Case, bool]:
    document = await transaction.get(CASES, draft.id)
    if document is not None:
        stands = store.case_of(document)
        if stands.content_mac != draft.content_mac:
            raise CaseDiffers(stands.case_number)
        return stands, False
    number = await store.next_number(transaction, draft.campaign, draft.team, draft.unit)
    case = draft.numbered(number)
    await transaction.insert(CASES, case.id, body_of(case))
    await desk.record(transaction, principal, "open_case", case)
    return case, True


def sealable(form: RegistrationForm) -> bytes:
    """The form as the bytes that are sealed: the same for the same form."""
    return form.model_dump_json(exclude_none=True).encode()
