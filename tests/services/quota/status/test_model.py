"""The table of statuses: total, calm, and the same whichever way it is walked."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.status.model import (
    FIRST,
    FROM_PROBABILITY,
    TRANSITIONS,
    Evidence,
    Judgement,
    evidence_of,
    is_better,
    judged,
    state_diagram,
)
from shared.events import QUOTA_STATUS_NAMES, QuotaStatus

DAY = date(2024, 6, 3)
ORDER = [QuotaStatus.BEHIND, QuotaStatus.AT_RISK, QuotaStatus.ON_TRACK, QuotaStatus.AHEAD]
TO_GET_WORSE = [0.1, 0.4, 0.7]
TO_GET_BETTER = [0.3, 0.6, 0.9]
"""At the boundaries between the statuses of ``ORDER``."""

statuses = st.sampled_from(QuotaStatus)
evidences = st.sampled_from(Evidence)
probabilities = st.floats(0, 1)


def plain(probability: float) -> Evidence:
    return evidence_of(probability, is_reached=False, is_over=False, is_early=False)


@pytest.mark.parametrize("before", QuotaStatus)
@pytest.mark.parametrize("evidence", Evidence)
def test_every_pair_leads_to_the_status_that_the_thresholds_say(
    before: QuotaStatus, evidence: Evidence
) -> None:
    following = TRANSITIONS[before, evidence]
    if evidence is Evidence.REACHED:
        assert following is QuotaStatus.DONE
    elif evidence is Evidence.OVER:
        assert following is QuotaStatus.MISSED
    elif evidence is Evidence.EARLY:
        assert following is (before if before in ORDER else FIRST)
    else:
        probability = next(threshold for threshold, its in FROM_PROBABILITY if its is evidence)
        stood = {QuotaStatus.DONE: 3, QuotaStatus.MISSED: 0}.get(before) if before not in ORDER else None
        place = ORDER.index(before) if stood is None else stood
        passed = [
            probability >= (TO_GET_WORSE if boundary < place else TO_GET_BETTER)[boundary]
            for boundary in range(3)
        ]
        assert following is ORDER[sum(passed)]


def test_the_table_is_total_and_every_status_has_a_name() -> None:
    assert set(TRANSITIONS) == {(status, evidence) for status in QuotaStatus for evidence in Evidence}
    assert set(QUOTA_STATUS_NAMES) == set(QuotaStatus)


@pytest.mark.parametrize(
    ("probability", "evidence"),
    [
        (0.0, Evidence.P0),
        (0.0999, Evidence.P0),
        (0.1, Evidence.P10),
        (0.9, Evidence.P90),
        (1.0, Evidence.P90),
    ],
)
def test_a_probability_is_evidence_from_its_threshold_on(probability: float, evidence: Evidence) -> None:
    assert plain(probability) is evidence


def test_the_target_the_phases_end_and_the_first_week_come_before_any_probability() -> None:
    assert evidence_of(0.0, is_reached=True, is_over=True, is_early=True) is Evidence.REACHED
    assert evidence_of(1.0, is_reached=False, is_over=True, is_early=True) is Evidence.OVER
    assert evidence_of(0.0, is_reached=False, is_over=False, is_early=True) is Evidence.EARLY


@given(statuses, evidences)
def test_the_same_evidence_never_changes_a_status_twice(status: QuotaStatus, evidence: Evidence) -> None:
    once = TRANSITIONS[status, evidence]
    assert TRANSITIONS[once, evidence] is once


@given(
    statuses,
    st.sampled_from([*TO_GET_WORSE, *TO_GET_BETTER]),
    st.lists(st.floats(-0.0999, 0.0999), min_size=2, max_size=20),
)
def test_a_probability_that_wavers_around_a_threshold_changes_a_status_once_at_most(
    status: QuotaStatus, threshold: float, offsets: list[float]
) -> None:
    """Less than half of what lies between the two thresholds of a boundary, to either side."""
    walked = [TRANSITIONS[status, plain(threshold + offsets[0])]]
    for offset in offsets[1:]:
        walked.append(TRANSITIONS[walked[-1], plain(threshold + offset)])
    assert sum(one is not other for one, other in pairwise(walked)) <= 1


@given(statuses, probabilities, probabilities)
def test_better_evidence_never_leads_to_a_worse_status(status: QuotaStatus, one: float, other: float) -> None:
    worse, better = sorted((one, other))
    assert not is_better(TRANSITIONS[status, plain(worse)], TRANSITIONS[status, plain(better)])


@given(statuses, st.lists(evidences, max_size=10))
def test_within_a_day_a_status_only_gets_better_but_for_a_target_that_is_lost(
    status: QuotaStatus, seen: list[Evidence]
) -> None:
    judgement = Judgement(status, DAY)
    for evidence in seen:
        after = judged(judgement, evidence, DAY)
        assert judgement.status in (after.status, QuotaStatus.DONE) or is_better(
            after.status, judgement.status
        )
        judgement = after


def test_a_new_day_may_be_worse_and_the_same_day_again_may_not() -> None:
    first = judged(None, Evidence.P60, DAY)
    second = judged(first, Evidence.P10, DAY + timedelta(1))
    third = judged(second, Evidence.P30, DAY + timedelta(2))
    again = judged(third, Evidence.P0, DAY + timedelta(2))
    assert first == Judgement(FIRST, DAY)
    assert second == Judgement(QuotaStatus.AT_RISK, DAY + timedelta(1))
    assert third == again == Judgement(QuotaStatus.AT_RISK, DAY + timedelta(2))


def test_a_line_that_loses_its_target_is_not_done_any_more_on_the_same_day() -> None:
    done = judged(None, Evidence.REACHED, DAY)
    assert judged(done, Evidence.P70, DAY).status is QuotaStatus.AHEAD


def test_the_diagram_shows_every_change_and_nothing_else() -> None:
    lines = state_diagram().splitlines()
    for (status, evidence), following in TRANSITIONS.items():
        shown = [line for line in lines if f"    {status} --> {following}: " in line]
        assert (len(shown) == 1 and evidence in shown[0].partition(": ")[2].split(", ")) == (
            status is not following
        )
