"""The use case of the hotline: matters become messages, and what is known of them besides is kept with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import orjson

from services.intake.channels.hotline.definition import Hotline
from services.intake.channels.hotline.model import CHANNEL, Call, Facts, Told, duration_band
from services.intake.channels.hotline.store import MATTERS, facts_of
from services.intake.errors import ContentDiffers
from services.intake.handlers import Answer, Submitting
from services.intake.model import Registration
from shared.access import Access, Action, Principal, Resource
from shared.errors import DafangtanError, FieldProblem, Invalid, NotFound
from shared.privacy import Privacy
from shared.store.port import DuplicateId, Store, Transaction, TransactionConflict
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

SEALED_CALL = "hotline-call"
_OF_THE_CALL = {"collected_at": "started_at"}
_OF_THE_MATTER = {"unit": "unit", "message": "narrative"}
_OF_THE_CALLER = {"respondent.phone": "number", "respondent.name": "name", "respondent.employer": "employer"}


class MatterAnswer(NamedTuple):
    """What became of a matter."""

    number: int
    answer: Answer


class TakingIn:
    """Takes matters in for every campaign that has a hotline."""

    def __init__(
        self,
        hotlines: Mapping[str, Hotline],
        privacies: Mapping[str, Privacy],
        *,
        submitting: Submitting,
        access: Access,
        store: Store,
    ) -> None:
        self._hotlines = hotlines
        self._privacies = privacies
        self._submitting = submitting
        self._access = access
        self._store = store

    def hotline(self, principal: Principal, campaign: str) -> Hotline:
        """The campaign's hotline, for who may submit what was said on it. Raises NotFound, NotAllowed."""
        if campaign not in self._hotlines:
            raise NotFound(f"活动“{campaign}”没有热线（定义中没有 hotline.yaml）。", code="no-hotline")
        resource = Resource("submission", campaign=campaign, unit=principal.unit, channel=CHANNEL)
        self._access.check(principal, Action.SUBMIT, resource)
        return self._hotlines[campaign]

    async def call(self, principal: Principal, campaign: str, call: Call) -> list[MatterAnswer]:
        """Take a call in: an answer for each of its matters, which were all checked before any was taken in.

        Raises Invalid with the problems of all of them, NotFound, NotAllowed, RetryLater.
        """
        hotline = self.hotline(principal, campaign)
        told = self._checked(principal, campaign, call, hotline)
        answers = await self.matters(principal, told)
        return [MatterAnswer(each.number, answer) for each, answer in zip(told, answers, strict=True)]

    def told(self, campaign: str, call: Call, place: int, number: int, hotline: Hotline) -> Told:
        """The matter at ``place`` of ``call``, with its category's code. Raises Invalid."""
        named = call.matters[place].category or call.category
        code = None if named is None else hotline.code_of(named)
        if code is None:
            allowed = f"没有这样的类别，应为 {'、'.join(hotline.categories.values())} 之一"
            reason = "缺少这一项（事项和通话都没有写类别）" if named is None else allowed
            raise Invalid("类别有误。", [FieldProblem(f"matters[{place}].category", reason)])
        return call.told(campaign, place, number=number, category=code)

    async def matters(self, principal: Principal, told: Sequence[Told]) -> list[Answer]:
        """Take matters in, of one call or many; an answer for each, in order. Raises RetryLater."""
        answers = await self._submitting.submit_many(principal, [each.form for each in told])
        pairs = list(zip(told, answers, strict=True))
        noted = [self._facts(each, answer) for each, answer in pairs]
        new: dict[str, Facts] = {}
        for id, facts in filter(None, noted):
            new.setdefault(id, facts)
        stands = await self._note(new)
        return [_answer(answer, facts, stands) for (_, answer), facts in zip(pairs, noted, strict=True)]

    def _checked(self, principal: Principal, campaign: str, call: Call, hotline: Hotline) -> list[Told]:
        checked: list[Told] = []
        problems: list[FieldProblem] = []
        for place in range(len(call.matters)):
            try:
                told = self.told(campaign, call, place, place + 1, hotline)
                self._submitting.checked(principal, told.form)
            except Invalid as error:
                problems += _in_the_calls_words(error, place)
            else:
                checked.append(told)
        if problems:
            raise Invalid(
                "通话记录有误，请按所列各项修改后重新发送；没有保存任何事项。", list(dict.fromkeys(problems))
            )
        return checked

    def _facts(self, told: Told, answer: Answer) -> tuple[str, Facts] | None:
        """What to note of a matter; None of one that was refused or is withdrawn."""
        if isinstance(answer, DafangtanError):
            return None
        registration = answer[1].registration
        if registration.wrapped_key is None:
            return None
        mac = self._privacies[registration.campaign].pseudonyms.content_mac
        id = registration.submission_id
        return id, Facts(
            campaign=registration.campaign,
            call=mac(b"hotline-call\0" + told.call_id.encode()),
            number=told.number,
            unit=registration.unit,
            category=told.category,
            duration_band=duration_band(told.duration_s),
            received_at=registration.received_at,
            facts_mac=mac(msgspec.msgpack.encode([id, told.category, told.duration_s])),
            sealed=self._sealed(told, registration),
        )

    def _sealed(self, told: Told, registration: Registration) -> str:
        sealer, id = self._privacies[registration.campaign].sealer, registration.submission_id
        assert registration.wrapped_key is not None, "looked at before"
        call = {
            "call_id": told.call_id,
            "started_at": told.form.collected_at.isoformat(),
            "duration_s": told.duration_s,
            "agent": told.form.interviewer,
        }
        return sealer.seal(sealer.unwrap(id, registration.wrapped_key), id, SEALED_CALL, orjson.dumps(call))

    async def _note(self, new: Mapping[str, Facts]) -> Mapping[str, Facts]:
        """Keep what isn't there yet; what stands then."""
        if not new:
            return {}

        async def work(transaction: Transaction) -> Mapping[str, Facts]:
            known = await transaction.get_many(MATTERS, list(new))
            missing = [(id, body_of(facts)) for id, facts in new.items() if id not in known]
            try:
                if missing:
                    await transaction.insert_many(MATTERS, missing)
            except DuplicateId as error:
                raise TransactionConflict(str(error)) from error
            return {**new, **{id: facts_of(document) for id, document in known.items()}}

        return await in_transaction(self._store, work)


def _answer(answer: Answer, noted: tuple[str, Facts] | None, stands: Mapping[str, Facts]) -> Answer:
    """``answer``, or that the same words came before with another category or duration."""
    if noted is None or isinstance(answer, DafangtanError):
        return answer
    id, facts = noted
    return answer if stands[id].facts_mac == facts.facts_mac else ContentDiffers(answer[1].code)


def _in_the_calls_words(error: Invalid, place: int) -> Iterator[FieldProblem]:
    for problem in error.problems:
        field = _OF_THE_CALL.get(problem.field, problem.field)
        if field in _OF_THE_MATTER:
            field = f"matters[{place}].{_OF_THE_MATTER[field]}"
        elif field in _OF_THE_CALLER:
            field = f"caller.{_OF_THE_CALLER[field]}"
        yield FieldProblem(field, problem.message)
