"""Asking for use grants and deciding on them: every change with its audit entry and its event, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from services.release import store
from services.release.events import decision_told, request_told
from services.release.model import Decision, GrantAction, GrantState, Use, UseGrant
from services.release.requests import check_use
from services.release.store import GRANTS, GrantPage
from shared.access import Action, AuditEntry, AuditTrail, Principal, Resource
from shared.consuming import Outbox
from shared.errors import Conflict, NotFound
from shared.events import Event, Topic, derived_id, rfc3339
from shared.metrics import RELEASE_GRANT_DECISIONS, GrantDecision
from shared.platform import Platform
from shared.store.port import DuplicateId, Transaction
from shared.store.retrying import in_transaction

ASKS_FOR = {
    GrantAction.APPROVE: Action.DECIDE_GRANT,
    GrantAction.REFUSE: Action.DECIDE_GRANT,
    GrantAction.REVOKE: Action.REVOKE_GRANT,
}
"""What the policies must allow; that only the requester cancels is the model's rule."""

_COUNTED_AS = {
    GrantState.APPROVED: GrantDecision.APPROVED,
    GrantState.REFUSED: GrantDecision.REFUSED,
    GrantState.REVOKED: GrantDecision.REVOKED,
}

Details = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Requested:
    """A grant that was asked for; ``is_new`` is False for a repeat of the same request."""

    grant: UseGrant
    is_new: bool


class GrantDesk:
    """Where use grants are asked for, decided on and looked up."""

    def __init__(self, platform: Platform, *, audit: AuditTrail, outbox: Outbox) -> None:
        self._platform = platform
        self._access = platform.access
        self._store = platform.store
        self._clock = platform.clock
        self._audit = audit
        self._outbox = outbox

    async def request(self, principal: Principal, use: Use, *, idempotency_key: str | None) -> Requested:
        """Ask for a grant. The same key again, with the same content, gives what the first time gave.

        Raises Invalid, NotAllowed, NotFound for an unknown campaign, and Conflict when the key was used for
        other content.
        """
        self._access.check(principal, Action.REQUEST_GRANT, Resource("campaign", use.campaign, use.campaign))
        id = _grant_id(principal, idempotency_key)

        async def work(transaction: Transaction) -> Requested:
            return await self._request(transaction, id, principal, use)

        try:
            requested = await in_transaction(self._store, work)
        except DuplicateId:  # the same request came twice at once, and the other one was first
            requested = await in_transaction(self._store, work)
        self._outbox.wake()
        return requested

    async def _request(self, transaction: Transaction, id: str, principal: Principal, use: Use) -> Requested:
        document = await transaction.get(GRANTS, id)
        if document is not None:
            return Requested(_same_request(store.grant_of(document), use), is_new=False)
        now = self._clock()
        check_use(use, self._platform.campaign(use.campaign), now)
        grant = UseGrant(id, use, principal.subject, now)
        await transaction.insert(GRANTS, id, store.to_body(grant))
        await self._record(
            transaction, principal, "request_grant", grant, _wish(use), now, request_told(grant)
        )
        return Requested(grant, is_new=True)

    async def decide(
        self, principal: Principal, id: str, action: GrantAction, *, reason: str = ""
    ) -> UseGrant:
        """Take ``action`` and return the grant as it stands then; one's own decision again changes nothing.

        Raises NotFound, NotAllowed, and Conflict, which names the state that stands, when somebody else was
        faster or the state forbids it.
        """
        before, after = await in_transaction(
            self._store, lambda tx: self._decide(tx, principal, id, action, reason)
        )
        if after is not before:
            self._outbox.wake()
            _count(after)
        return after

    async def _decide(
        self, transaction: Transaction, principal: Principal, id: str, action: GrantAction, reason: str
    ) -> tuple[UseGrant, UseGrant]:
        document = await transaction.get(GRANTS, id)
        if document is None:
            raise _unknown(id)
        grant = store.grant_of(document)
        self._check(principal, grant, action)
        decision = Decision(action, principal.subject, self._clock(), reason)
        if grant.is_decided_so(decision):
            return grant, grant
        decided = grant.decided(decision)
        await transaction.replace(GRANTS, id, store.to_body(decided), version=document.version)
        event = decision_told(decided, decision)
        details: Details = {"reason": reason} if reason else {}
        await self._record(transaction, principal, f"{action}_grant", decided, details, decision.at, event)
        return grant, decided

    async def audit_page(
        self, principal: Principal, *, cursor: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """What was done, from the first entry on, and the cursor that continues. Raises NotAllowed."""
        self._access.check(principal, Action.READ_AUDIT, Resource("audit", "release"))
        return await self._audit.entries(cursor=cursor)

    async def grant(self, principal: Principal, id: str) -> UseGrant:
        """The grant, for its requester, the leading group and the office. Raises NotFound for all others."""
        document = await self._store.get(GRANTS, id)
        if document is None:
            raise _unknown(id)
        grant = store.grant_of(document)
        self._check_visible(principal, grant)
        return grant

    async def grants(
        self, principal: Principal, *, state: GrantState | None, cursor: str | None
    ) -> GrantPage:
        """The grants that the principal may see, latest request first."""
        sees_all = self._access.is_allowed(principal, Action.READ_GRANTS, Resource("grant"))
        requested_by = None if sees_all else principal.subject
        return await store.find_grants(self._store, requested_by=requested_by, state=state, cursor=cursor)

    def _check(self, principal: Principal, grant: UseGrant, action: GrantAction) -> None:
        self._check_visible(principal, grant)
        if action in ASKS_FOR:
            self._access.check(principal, ASKS_FOR[action], _resource(grant))

    def _check_visible(self, principal: Principal, grant: UseGrant) -> None:
        if not self._access.is_allowed(principal, Action.READ_GRANTS, _resource(grant)):
            raise _unknown(grant.id)

    async def _record(
        self,
        transaction: Transaction,
        principal: Principal,
        action: str,
        grant: UseGrant,
        details: Details,
        now: datetime,
        event: Event | None,
    ) -> None:
        await self._audit.record(
            transaction,
            principal=principal,
            action=action,
            resource=_resource(grant),
            details={"state": grant.state.value, **details},
            now=now,
        )
        await self._outbox.enter(transaction, [] if event is None else [(Topic.ACCESS, event)])


def _resource(grant: UseGrant) -> Resource:
    return Resource("grant", grant.id, grant.use.campaign, owner=grant.requested_by)


def _grant_id(principal: Principal, idempotency_key: str | None) -> str:
    if idempotency_key is None:
        return str(uuid4())
    return derived_id("use-grant", principal.subject, idempotency_key)


def _same_request(grant: UseGrant, use: Use) -> UseGrant:
    if grant.use != use:
        raise Conflict(
            "这个 Idempotency-Key 已用于另一份内容不同的申请；新的申请请换一个。",
            code="idempotency-key-reused",
        )
    return grant


def _wish(use: Use) -> Details:
    return {
        "units": list(use.units),
        "variables": list(use.variables),
        "purpose": use.purpose,
        "until": rfc3339(use.until),
    }


def _unknown(id: str) -> NotFound:
    return NotFound(f"没有编号为“{id}”的数据使用申请。", code="unknown-grant")


def _count(grant: UseGrant) -> None:
    if grant.state in _COUNTED_AS:
        RELEASE_GRANT_DECISIONS.labels(decision=_COUNTED_AS[grant.state]).inc()
