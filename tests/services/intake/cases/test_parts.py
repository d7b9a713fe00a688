"""The life of a case's part, walked through pair by pair."""

from __future__ import annotations

from itertools import product

import pytest

from services.intake.cases.parts import (
    PART_NAMES,
    STATE_NAMES,
    TRANSITIONS,
    Act,
    Part,
    PartAction,
    PartStands,
    PartState,
    state_diagram,
)
from shared.errors import Conflict

PAIRS = list(product(PartState, PartAction))
LEADS_TO = {
    (PartState.OPEN, PartAction.RECORD): PartState.RECORDED,
    (PartState.RECORDED, PartAction.RECORD): PartState.RECORDED,
    (PartState.RECORDED, PartAction.SIGN): PartState.SIGNED,
    (PartState.SIGNED, PartAction.SIGN_OFF): PartState.SIGNED_OFF,
    (PartState.SIGNED, PartAction.REOPEN): PartState.OPEN,
    (PartState.SIGNED_OFF, PartAction.REOPEN): PartState.OPEN,
}
"""Everything that is possible, said a second time; what isn't here must be refused."""


def test_the_table_is_total() -> None:
    assert set(TRANSITIONS) == set(PAIRS)
    assert (set(STATE_NAMES), set(PART_NAMES)) == (set(PartState), set(Part))


@pytest.mark.parametrize(("state", "action"), PAIRS)
def test_each_action_in_each_state_leads_on_or_is_refused_with_a_reason(
    state: PartState, action: PartAction
) -> None:
    act = Act(action, "somebody", "2024-06-01T01:30:00.000Z", pages=3, reason="字迹不清")
    if (state, action) in LEADS_TO:
        assert PartStands(state).after(Part.NOTES, act).state is LEADS_TO[state, action]
    else:
        with pytest.raises(Conflict, match=STATE_NAMES[state]):
            PartStands(state).after(Part.NOTES, act)


def test_reopening_takes_the_signatures_away_and_keeps_the_reason() -> None:
    at = "2024-06-01T01:30:00.000Z"
    stands = PartStands(PartState.RECORDED, pages=3, recorded_at=at)
    for act in (
        Act(PartAction.SIGN, "interviewer", at),
        Act(PartAction.SIGN_OFF, "lead", at),
        Act(PartAction.REOPEN, "lead", at, reason="缺一页"),
    ):
        stands = stands.after(Part.NOTES, act)
    assert stands == PartStands(pages=3, recorded_at=at, reopened_because="缺一页")


def test_the_diagram_shows_every_transition() -> None:
    diagram = state_diagram()
    for (state, action), following in LEADS_TO.items():
        assert f"    {state} --> {following}: {action}" in diagram
    assert diagram.count(" --> ") == len(LEADS_TO) + 2
