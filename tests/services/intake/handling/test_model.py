"""The life of what a submission raised, walked through pair by pair."""

from __future__ import annotations

from itertools import product

import pytest

from services.intake.handling.model import (
    STATE_NAMES,
    TRANSITIONS,
    Act,
    Answer,
    Problem,
    ProblemAction,
    ProblemState,
    problem_id,
    state_diagram,
)
from shared.errors import Conflict

S, A = ProblemState, ProblemAction
PAIRS = list(product(S, A))
LEADS_TO = {
    (S.OPEN, A.TAKE_UP): S.BEING_HANDLED,
    (S.OPEN, A.ANSWER): S.ANSWERED,
    (S.BEING_HANDLED, A.TAKE_UP): S.BEING_HANDLED,
    (S.BEING_HANDLED, A.ANSWER): S.ANSWERED,
    (S.ANSWERED, A.TAKE_UP): S.BEING_HANDLED,
    (S.ANSWERED, A.ANSWER): S.ANSWERED,
}
"""Everything that is possible, said a second time; what isn't here must be refused."""
AT, LATER = "2024-06-03T02:00:00.000Z", "2024-06-05T02:00:00.000Z"


def problem(state: ProblemState = S.OPEN, answer: Answer | None = None) -> Problem:
    return Problem("s1", "suzhou-2024", state, revision=4, by="ann", at=AT, answer=answer)


def answering(text_mac: str | None = None) -> Act:
    return Act(A.ANSWER, "ben", LATER, Answer(LATER, text_mac and "token", text_mac))


def taking_up() -> Act:
    return Act(A.TAKE_UP, "ben", LATER)


def test_the_table_is_total() -> None:
    assert set(TRANSITIONS) == set(PAIRS)
    assert set(STATE_NAMES) == set(S)


@pytest.mark.parametrize(("state", "action"), PAIRS)
def test_each_action_in_each_state_leads_on_or_is_refused(state: ProblemState, action: ProblemAction) -> None:
    act = taking_up() if action is A.TAKE_UP else answering("new words")
    if (state, action) in LEADS_TO:
        after = problem(state).after(act)
        assert after.state is LEADS_TO[state, action]
        assert (after.revision > 4) is (after != problem(state))
    else:
        with pytest.raises(Conflict, match="撤回"):
            problem(state).after(act)


def test_a_change_tells_who_and_when_and_is_the_next_revision() -> None:
    after = problem().after(taking_up())
    assert (after.by, after.at, after.revision) == ("ben", LATER, 5)


def test_a_repeat_changes_nothing() -> None:
    handled = problem(S.BEING_HANDLED)
    assert handled.after(taking_up()) is handled
    answered = problem(S.ANSWERED, Answer(AT, "token", "words"))
    assert answered.after(answering("words")) is answered
    assert answered.after(answering()) is answered, (
        "saying again that it is answered doesn't take the words away"
    )


def test_another_answer_takes_the_place_of_the_first() -> None:
    again = problem(S.ANSWERED, Answer(AT, "token", "words")).after(answering("other words"))
    assert (again.answer, again.revision) == (Answer(LATER, "token", "other words"), 5)
    written = problem(S.ANSWERED, Answer(AT)).after(answering("words"))
    assert written.answer == Answer(LATER, "token", "words")


def test_taking_up_again_keeps_the_answer_that_was_given() -> None:
    reopened = problem(S.ANSWERED, Answer(AT, "token", "words")).after(taking_up())
    assert reopened.answer == Answer(AT, "token", "words")
    assert reopened.after(answering("words")).state is S.ANSWERED


def test_the_id_is_the_same_whoever_takes_it_up() -> None:
    assert problem().id == problem_id("s1") == problem().after(taking_up()).id
    assert problem_id("s2") != problem_id("s1") != "s1"


def test_the_diagram_shows_every_transition() -> None:
    diagram = state_diagram()
    for (state, action), following in LEADS_TO.items():
        assert f"    {state} --> {following}: {action}" in diagram
    for state in set(S) - {S.WITHDRAWN}:
        assert f"    {state} --> withdrawn: submission withdrawn" in diagram
    assert diagram.count(" --> ") == len(LEADS_TO) + 3 + 2
