"""The use case of opening sealed fields: role, purpose, audit entry, and only then the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from services.intake import store
from services.intake.errors import AlreadyWithdrawn
from services.intake.limiting import Buckets
from services.intake.model import Registration, State
from services.intake.owning import resource_of
from services.intake.unsealing.store import SEALED, SealedContent, content_of
from shared.access import Access, Action, AuditEntry, AuditTrail, Principal
from shared.errors import NotFound, RetryLater
from shared.metrics import INTAKE_UNSEALED
from shared.platform import Clock
from shared.privacy import Privacy
from shared.store.port import Store, Transaction
from shared.store.retrying import in_transaction

Value = str | int
UNSEALS_PER_S = 1 / 60
UNSEALS_AT_ONCE = 30
"""A case worker calls people back one by one: whoever opens more than this is copying a list."""


class Unsealed(NamedTuple):
    """What was opened: the value of each field that was asked for, None where none was told; and the entry."""

    fields: Mapping[str, Value | None]
    revision: int
    entry: AuditEntry


class Unsealing:
    """Opens sealed fields of submissions."""

    def __init__(
        self,
        *,
        privacies: Mapping[str, Privacy],
        access: Access,
        store: Store,
        audit: AuditTrail,
        limit: Buckets,
        clock: Clock,
    ) -> None:
        self._privacies = privacies
        self._access = access
        self._store = store
        self._audit = audit
        self._limit = limit
        self._clock = clock

    async def unseal(
        self, principal: Principal, submission_id: str, *, fields: Sequence[str], purpose: str
    ) -> Unsealed:
        """The values of ``fields``: what the respondent registered (``name``, ``phone`` …), ``message``, or a
        question's id.

        Raises NotFound where there is none that the principal may know of, AlreadyWithdrawn, TooMany, and
        RetryLater while the event isn't back from the log.
        """
        content = await self._content(principal, submission_id)
        entry, registration = await self.permit(principal, submission_id, fields=fields, purpose=purpose)
        told = self._open(entry, registration, content)
        opened = {field: told.get(field) for field in fields}
        INTAKE_UNSEALED.labels(registration.campaign).inc(sum(each is not None for each in opened.values()))
        return Unsealed(opened, content.revision, entry)

    async def permit(
        self, principal: Principal, submission_id: str, *, fields: Sequence[str], purpose: str
    ) -> tuple[AuditEntry, Registration]:
        """The audit entry, durable, without which nothing of the submission is opened; and what stands.

        Raises as ``unseal``. Whatever else is sealed with the submission's data key (attachments) is opened with
        this entry too.
        """
        code = await self._visible(principal, submission_id)
        self._limit.take(principal.subject)

        async def work(transaction: Transaction) -> tuple[AuditEntry, Registration]:
            document = await transaction.get(store.REGISTRATIONS, code)
            if document is None:
                raise _no_such_submission()
            registration = store.registration_of(document)
            if registration.state is State.WITHDRAWN:
                raise AlreadyWithdrawn
            entry = await self._audit.record(
                transaction,
                principal=principal,
                action=Action.OPEN_SEALED,
                resource=resource_of(registration),
                details={"fields": fields, "purpose": purpose, "revision": registration.revision},
                now=self._clock(),
            )
            return entry, registration

        return await in_transaction(self._store, work)

    async def _visible(self, principal: Principal, submission_id: str) -> str:
        """The receipt of the submission, if the principal may open it. Raises NotFound."""
        codes = [privacy.receipt(submission_id) for privacy in self._privacies.values()]
        for code, document in (await self._store.get_many(store.REGISTRATIONS, codes)).items():
            resource = resource_of(store.registration_of(document))
            if self._access.is_allowed(principal, Action.OPEN_SEALED, resource):
                return code
        raise _no_such_submission()

    async def _content(self, principal: Principal, submission_id: str) -> SealedContent:
        await self._visible(principal, submission_id)
        document = await self._store.get(SEALED, submission_id)
        if document is None:
            raise RetryLater("这份提交刚刚收到，尚未写入事件日志并读回，请稍后再试。")
        content = content_of(document)
        if content.is_withdrawn:
            raise AlreadyWithdrawn
        return content

    def _open(
        self, entry: AuditEntry, registration: Registration, content: SealedContent
    ) -> dict[str, Value]:
        """Everything sealed of the submission that ``entry`` is about."""
        id = entry.resource["id"]
        assert id == registration.submission_id
        assert registration.wrapped_key is not None, "looked at with the entry"
        sealer = self._privacies[registration.campaign].sealer
        key = sealer.unwrap(id, registration.wrapped_key)
        told: dict[str, Value] = {}
        for field in ("respondent", "texts"):
            token = getattr(content, field)
            if token is not None:
                told |= orjson.loads(sealer.open(key, id, field, token))
        return told


def _no_such_submission() -> NotFound:
    return NotFound("没有这份提交，或者您无权打开它的密封内容。", code="unknown-submission")
