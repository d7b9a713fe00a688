"""The documents of release: one per use grant, under its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.release.model import Decision, GrantAction, GrantState, Use, UseGrant
from shared.events import rfc3339
from shared.store.port import Body, Collection, Document, Index, Reader

GRANTS = Collection(
    "release.grants",
    (
        Index(("requested_at",)),
        Index(("state", "requested_at")),
        Index(("requested_by", "requested_at")),
        Index(("requested_by", "state", "requested_at")),
    ),
)
PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class GrantPage:
    """Some grants, latest first, and the ``cursor`` that continues after them (None: that was all)."""

    grants: tuple[UseGrant, ...]
    cursor: str | None


async def find_grants(
    reader: Reader, *, requested_by: str | None, state: GrantState | None, cursor: str | None
) -> GrantPage:
    """The grants that one subject (None: anybody) asked for, in one state (None: in any)."""
    where = {
        **({} if requested_by is None else {"requested_by": requested_by}),
        **({} if state is None else {"state": state.value}),
    }
    page = await reader.find(
        GRANTS, where, order_by="requested_at", descending=True, limit=PAGE_LENGTH, cursor=cursor
    )
    return GrantPage(tuple(grant_of(document) for document in page.documents), page.cursor)


def to_body(grant: UseGrant) -> Body:
    """The document of ``grant``."""
    return {
        "campaign": grant.use.campaign,
        "units": list(grant.use.units),
        "variables": list(grant.use.variables),
        "purpose": grant.use.purpose,
        "until": rfc3339(grant.use.until),
        "requested_by": grant.requested_by,
        "requested_at": rfc3339(grant.requested_at),
        "state": grant.state.value,
        "decisions": [_decision_body(decision) for decision in grant.decisions],
    }


def grant_of(document: Document) -> UseGrant:
    """The grant in ``document``."""
    body = document.body
    return UseGrant(
        id=document.id,
        use=Use(
            campaign=body["campaign"],
            units=tuple(body["units"]),
            variables=tuple(body["variables"]),
            purpose=body["purpose"],
            until=datetime.fromisoformat(body["until"]),
        ),
        requested_by=body["requested_by"],
        requested_at=datetime.fromisoformat(body["requested_at"]),
        state=GrantState(body["state"]),
        decisions=tuple(_decision_of(decision) for decision in body["decisions"]),
    )


def _decision_body(decision: Decision) -> Body:
    return {
        "action": decision.action.value,
        "by": decision.by,
        "at": rfc3339(decision.at),
        "reason": decision.reason,
    }


def _decision_of(body: Body) -> Decision:
    return Decision(
        GrantAction(body["action"]), body["by"], datetime.fromisoformat(body["at"]), body["reason"]
    )
