"""The life of a use grant, walked through pair by pair."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.release.model import (
    STATE_NAMES,
    TRANSITIONS,
    Decision,
    GrantAction,
    GrantState,
    Refusal,
    Use,
    UseGrant,
    state_diagram,
)
from shared.errors import Conflict, NotAllowed

NOW = datetime(2024, 6, 1, 1, 0, tzinfo=UTC)
USE = Use("suzhou-2024", ("zhangjiagang",), ("*",), "分析青年职工住房诉求", NOW + timedelta(days=30))
GRANT = UseGrant("g1", USE, "analyst-1", NOW)
PAIRS = list(product(GrantState, GrantAction))

LEADS_TO = {
    (GrantState.REQUESTED, GrantAction.APPROVE): GrantState.APPROVED,
    (GrantState.REQUESTED, GrantAction.REFUSE): GrantState.REFUSED,
    (GrantState.REQUESTED, GrantAction.CANCEL): GrantState.CANCELLED,
    (GrantState.APPROVED, GrantAction.REVOKE): GrantState.REVOKED,
}
"""Everything that is possible, said a second time; what isn't here must be refused."""


def decision_by_the_right_person(action: GrantAction) -> Decision:
    by = GRANT.requested_by if action is GrantAction.CANCEL else "leader-1"
    return Decision(action, by, NOW)


def test_the_table_is_total() -> None:
    assert set(TRANSITIONS) == set(PAIRS)
    assert set(STATE_NAMES) == set(GrantState)


@pytest.mark.parametrize(("state", "action"), PAIRS)
def test_each_action_in_each_state_leads_on_or_is_refused_with_a_reason(
    state: GrantState, action: GrantAction
) -> None:
    grant = replace(GRANT, state=state)
    decision = decision_by_the_right_person(action)
    if (state, action) in LEADS_TO:
        decided = grant.decided(decision)
        assert (decided.state, decided.decisions) == (LEADS_TO[state, action], (decision,))
    else:
        with pytest.raises(Conflict, match=STATE_NAMES[state]):
            grant.decided(decision)


@pytest.mark.parametrize("action", [GrantAction.APPROVE, GrantAction.REFUSE])
def test_nobody_decides_on_their_own_request(action: GrantAction) -> None:
    with pytest.raises(NotAllowed, match="本人"):
        GRANT.decided(Decision(action, GRANT.requested_by, NOW))


def test_only_the_requester_cancels() -> None:
    with pytest.raises(NotAllowed, match="申请人本人"):
        GRANT.decided(Decision(GrantAction.CANCEL, "leader-1", NOW))


def test_a_request_whose_time_is_over_can_not_be_approved() -> None:
    with pytest.raises(Conflict, match="期限已过"):
        GRANT.decided(Decision(GrantAction.APPROVE, "leader-1", USE.until))


def test_a_grant_is_in_force_from_its_approval_until_its_end() -> None:
    approved = GRANT.decided(decision_by_the_right_person(GrantAction.APPROVE))
    assert not GRANT.is_in_force(NOW)
    assert approved.is_in_force(USE.until - timedelta(seconds=1))
    assert not approved.is_in_force(USE.until)
    assert not approved.decided(decision_by_the_right_person(GrantAction.REVOKE)).is_in_force(NOW)


def test_a_repeat_is_the_same_decision_by_the_same_person_for_the_same_reason() -> None:
    refusal = Decision(GrantAction.REFUSE, "leader-1", NOW, "用途不明确")
    refused = GRANT.decided(refusal)
    assert refused.is_decided_so(replace(refusal, at=NOW + timedelta(hours=1)))
    assert not refused.is_decided_so(replace(refusal, by="leader-2"))
    assert not refused.is_decided_so(replace(refusal, reason="范围过大"))
    assert not refused.is_decided_so(replace(refusal, action=GrantAction.APPROVE))
    assert not GRANT.is_decided_so(refusal)


def test_the_diagram_shows_every_transition_and_every_end() -> None:
    lines = {line.strip() for line in state_diagram().splitlines()}
    assert "stateDiagram-v2" in lines
    for (state, action), following in TRANSITIONS.items():
        assert (f"{state} --> {following}: {action}" in lines) == (not isinstance(following, Refusal))
    assert {f"{state} --> [*]" for state in ("refused", "revoked", "cancelled")} <= lines
    assert "approved --> [*]" not in lines
