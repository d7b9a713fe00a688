"""The use cases of whoever handles what a submission raised: taking it up, and answering it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.intake import store as intake_store
from services.intake.errors import RevisionMoved
from services.intake.handling import store
from services.intake.handling.model import Act, Answer, Problem, ProblemAction, ProblemState
from services.intake.handling.store import PROBLEMS
from services.intake.handling.telling import event_of
from services.intake.model import Registration
from services.intake.owning import resource_of
from shared.access import Access, Action, AuditTrail, Principal
from shared.consuming import Outbox
from shared.errors import NotFound
from shared.events import Topic, rfc3339
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import (
    Document,
    DuplicateId,
    Store,
    Transaction,
    TransactionConflict,
    VersionMoved,
)
from shared.store.retrying import in_transaction

ANSWER_FIELD = "answer"
"""The name under which an answer's words are sealed."""


class Wanted(NamedTuple):
    """What somebody wants to do; with the words of an answer, and the revision that they know (None: any)."""

    action: ProblemAction
    text: str | None = None
    expected_revision: int | None = None


class Handling:
    """Handles problems: what stands, audit entry and event in one transaction, so all or none.

    A withdrawal at the same time comes before or after it, never in between: both write the end of the audit chain.
    """

    def __init__(
        self,
        *,
        privacies: Mapping[str, Privacy],
        access: Access,
        store: Store,
        outbox: Outbox,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._privacies = privacies
        self._access = access
        self._store = store
        self._outbox = outbox
        self._audit = audit
        self._clock = clock

    async def handle(self, principal: Principal, submission_id: str, wanted: Wanted) -> Problem:
        """Do what is ``wanted`` about what the submission raised. Doing the same again changes nothing.

        Raises NotFound where there is none that the principal may know of, NotAllowed, Conflict once it is
        withdrawn, RevisionMoved.
        """

        async def work(transaction: Transaction) -> Problem:
            registration = await self._found(transaction, submission_id)
            self._check(principal, registration)
            return await self._do(transaction, principal, registration, wanted)

        problem = await in_transaction(self._store, work)
        self.tell_soon()
        return problem

    async def answer_within(
        self, transaction: Transaction, principal: Principal, submission_id: str, text: str
    ) -> None:
        """Answer in the transaction of what else the answer is; its maker has checked that the principal may.

        Raises Conflict once it is withdrawn. ``tell_soon`` is to be called when the transaction has ended.
        """
        registration = await self._found(transaction, submission_id)
        await self._do(transaction, principal, registration, Wanted(ProblemAction.ANSWER, text))

    def tell_soon(self) -> None:
        """What a transaction has entered goes to the log now, not with the next sweep."""
        self._outbox.wake()

    async def _found(self, transaction: Transaction, submission_id: str) -> Registration:
        """The submission's registration. Raises NotFound."""
        codes = [privacy.receipt(submission_id) for privacy in self._privacies.values()]
        for document in (await transaction.get_many(intake_store.REGISTRATIONS, codes)).values():
            return intake_store.registration_of(document)
        raise _no_such_submission()

    def _check(self, principal: Principal, registration: Registration) -> None:
        resource = resource_of(registration)
        knowing = (Action.HANDLE, Action.READ_RECEIPT)
        if not any(self._access.is_allowed(principal, action, resource) for action in knowing):
            raise _no_such_submission()
        self._access.check(principal, Action.HANDLE, resource)

    async def _do(
        self, transaction: Transaction, principal: Principal, registration: Registration, wanted: Wanted
    ) -> Problem:
        known = await transaction.get(PROBLEMS, registration.submission_id)
        stands = _standing(registration, known)
        stands.following(wanted.action)  # what is withdrawn has no key to seal an answer with
        changed = stands.after(self._act(principal, registration, wanted))
        if changed is stands:
            return stands
        if wanted.expected_revision not in (None, stands.revision):
            raise RevisionMoved(wanted.expected_revision or 0, stands.revision)
        await self._write(transaction, known, changed)
        await self._tell(transaction, principal, wanted.action, changed, registration)
        return changed

    def _act(self, principal: Principal, registration: Registration, wanted: Wanted) -> Act:
        at = rfc3339(self._clock())
        answer = None
        if wanted.action is ProblemAction.ANSWER:
            answer = self._answer(registration, wanted.text, at)
        return Act(wanted.action, principal.subject, at, answer)

    def _answer(self, registration: Registration, text: str | None, at: str) -> Answer:
        if text is None:
            return Answer(at)
        assert registration.wrapped_key is not None, "looked at before"
        privacy, id = self._privacies[registration.campaign], registration.submission_id
        key = privacy.sealer.unwrap(id, registration.wrapped_key)
        sealed = privacy.sealer.seal(key, id, ANSWER_FIELD, text.encode())
        return Answer(at, sealed, privacy.pseudonyms.content_mac(text.encode()))

    async def _write(self, transaction: Transaction, known: Document | None, problem: Problem) -> None:
        body = store.to_body(problem)
        try:
            if known is None:
                await transaction.insert(PROBLEMS, problem.submission_id, body)
            else:
                await transaction.replace(PROBLEMS, known.id, body, version=known.version)
        except (DuplicateId, VersionMoved) as error:
            raise TransactionConflict("somebody else handled it first") from error

    async def _tell(
        self,
        transaction: Transaction,
        principal: Principal,
        action: ProblemAction,
        problem: Problem,
        registration: Registration,
    ) -> None:
        await self._audit.record(
            transaction,
            principal=principal,
            action=f"{action}_problem",
            resource=resource_of(registration),
            details={"problem": problem.id, "revision": problem.revision},
            now=self._clock(),
        )
        await self._outbox.enter(transaction, [(Topic.PROBLEMS, event_of(problem, registration))])


def _standing(registration: Registration, known: Document | None) -> Problem:
    """How the problem stands; nobody has touched it where nothing is ``known``."""
    if registration.wrapped_key is None:
        return Problem(registration.submission_id, registration.campaign, ProblemState.WITHDRAWN)
    if known is None:
        return Problem(registration.submission_id, registration.campaign)
    return store.problem_of(known)


def _no_such_submission() -> NotFound:
    return NotFound("没有这份提交，或者您无权办理。", code="unknown-submission")
