"""What release tells the others: one event for each thing decided."""

from __future__ import annotations

from services.release.model import Decision, GrantAction, UseGrant
from shared.events import (
    AccessGranted,
    AccessRefused,
    AccessRequested,
    AccessRevoked,
    Event,
    EventData,
    derived_id,
    make_event,
    rfc3339,
)

SOURCE = "/dafangtan/release"


def request_told(grant: UseGrant) -> Event:
    """``grant`` was asked for."""
    data = AccessRequested(
        grant_id=grant.id,
        campaign=grant.use.campaign,
        requested_by=grant.requested_by,
        units=list(grant.use.units),
        variables=list(grant.use.variables),
        purpose=grant.use.purpose,
        until=rfc3339(grant.use.until),
        requested_at=rfc3339(grant.requested_at),
    )
    return _event(grant, data, "request", data.requested_at)


def decision_told(grant: UseGrant, decision: Decision) -> Event | None:
    """``decision`` was made on ``grant``; None for a cancelled request, which nobody acts on."""
    data = _decision_data(grant, decision)
    return None if data is None else _event(grant, data, decision.action.value, rfc3339(decision.at))


def _decision_data(grant: UseGrant, decision: Decision) -> EventData | None:
    at = rfc3339(decision.at)
    match decision.action:
        case GrantAction.APPROVE:
            return AccessGranted(
                grant_id=grant.id,
                campaign=grant.use.campaign,
                granted_to=grant.requested_by,
                units=list(grant.use.units),
                variables=list(grant.use.variables),
                purpose=grant.use.purpose,
                until=rfc3339(grant.use.until),
                granted_by=decision.by,
                granted_at=at,
            )
        case GrantAction.REFUSE:
            return AccessRefused(
                grant_id=grant.id,
                campaign=grant.use.campaign,
                requested_by=grant.requested_by,
                refused_by=decision.by,
                reason=decision.reason,
                refused_at=at,
            )
        case GrantAction.REVOKE:
            return AccessRevoked(
                grant_id=grant.id,
                campaign=grant.use.campaign,
                granted_to=grant.requested_by,
                revoked_by=decision.by,
                reason=decision.reason,
                revoked_at=at,
            )
        case GrantAction.CANCEL:
            return None


def _event(grant: UseGrant, data: EventData, what: str, time: str) -> Event:
    """The id comes from the grant and what was done: each can be done to a grant only once."""
    return make_event(
        data, id=derived_id(grant.id, what), source=SOURCE, subject=grant.id, time=time, key=grant.id
    )
