"""From a line's status before and what the forecast says to its status after, as one table. Pure.

A status is judged by the probability of having the target when the interviewing phase ends. Each boundary between
two statuses has two thresholds, a lower one to get worse and a higher one to get better, so that a probability that
wavers around one of them changes nothing (hysteresis: Schmitt, A thermionic trigger, Journal of Scientific
Instruments 15, 1938). They are ours: the outer ones, 10 and 90 %, are where the forecast's 80 % interval lies wholly
below the target or wholly above it; the inner ones lie around even odds; and the two of a boundary are 20 points
apart. On simulated campaigns (`services.quota.forecast.simulation`) a line then changes its status about 3 times in
three months and turns back about once; with single thresholds it turned back more than 4 times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from shared.events import QuotaStatus

AHEAD, ON_TRACK, AT_RISK, BEHIND, DONE, MISSED = (
    QuotaStatus.AHEAD,
    QuotaStatus.ON_TRACK,
    QuotaStatus.AT_RISK,
    QuotaStatus.BEHIND,
    QuotaStatus.DONE,
    QuotaStatus.MISSED,
)

FIRST = ON_TRACK
"""What a line is until it is judged otherwise."""

FIRST_WEEK_DAYS = 7
"""So many days of the phase are seen before anything but the target itself is judged: in the first week forecasts
rest on the plan more than on days, and nearly a third of all changes would fall into it."""


class Evidence(StrEnum):
    """What speaks for a status: exactly one of these holds.

    The first three come before any probability; each of the others is a stretch between two thresholds.
    """

    REACHED = "target reached"
    OVER = "phase over"
    EARLY = "first week"
    P90 = "90 % or more"
    P70 = "70 to 90 %"
    P60 = "60 to 70 %"
    P40 = "40 to 60 %"
    P30 = "30 to 40 %"
    P10 = "10 to 30 %"
    P0 = "under 10 %"


FROM_PROBABILITY: tuple[tuple[float, Evidence], ...] = (
    (0.9, Evidence.P90),
    (0.7, Evidence.P70),
    (0.6, Evidence.P60),
    (0.4, Evidence.P40),
    (0.3, Evidence.P30),
    (0.1, Evidence.P10),
    (0.0, Evidence.P0),
)
"""Each probability is evidence from its threshold on, highest first."""

# fmt: off
_FOLLOWING: Mapping[QuotaStatus, tuple[QuotaStatus, ...]] = {
    #          REACHED OVER    EARLY     P90    P70       P60       P40       P30      P10      P0
    AHEAD:    (DONE,   MISSED, AHEAD,    AHEAD, AHEAD,    ON_TRACK, ON_TRACK, AT_RISK, AT_RISK, BEHIND),
    ON_TRACK: (DONE,   MISSED, ON_TRACK, AHEAD, ON_TRACK, ON_TRACK, ON_TRACK, AT_RISK, AT_RISK, BEHIND),
    AT_RISK:  (DONE,   MISSED, AT_RISK,  AHEAD, ON_TRACK, ON_TRACK, AT_RISK,  AT_RISK, AT_RISK, BEHIND),
    BEHIND:   (DONE,   MISSED, BEHIND,   AHEAD, ON_TRACK, ON_TRACK, AT_RISK,  AT_RISK, BEHIND,  BEHIND),
    DONE:     (DONE,   MISSED, ON_TRACK, AHEAD, AHEAD,    ON_TRACK, ON_TRACK, AT_RISK, AT_RISK, BEHIND),
    MISSED:   (DONE,   MISSED, ON_TRACK, AHEAD, ON_TRACK, ON_TRACK, AT_RISK,  AT_RISK, BEHIND,  BEHIND),
}
# fmt: on

TRANSITIONS: Mapping[tuple[QuotaStatus, Evidence], QuotaStatus] = {
    (status, evidence): following
    for status, row in _FOLLOWING.items()
    for evidence, following in zip(Evidence, row, strict=True)
}
"""Total. DONE is left when interviews are taken back or moved, MISSED when the phase is prolonged."""

_FROM_WORST = (MISSED, BEHIND, AT_RISK, ON_TRACK, AHEAD, DONE)


def is_better(status: QuotaStatus, other: QuotaStatus) -> bool:
    """Whether ``status`` is better news than ``other``."""
    return _FROM_WORST.index(status) > _FROM_WORST.index(other)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A line's status as it was judged last, for the end of ``judged_on``."""

    status: QuotaStatus
    judged_on: date


def evidence_of(probability: float, *, is_reached: bool, is_over: bool, is_early: bool) -> Evidence:
    """The evidence in a probability (0 to 1) of having the target at the end, and in what comes before it."""
    if is_reached:
        return Evidence.REACHED
    if is_over:
        return Evidence.OVER
    if is_early:
        return Evidence.EARLY
    return next(evidence for threshold, evidence in FROM_PROBABILITY if probability >= threshold)


def judged(before: Judgement | None, evidence: Evidence, day: date) -> Judgement:
    """The judgement of ``day`` from ``evidence`` as it is known now.

    Once ``day`` was judged, more counts for it can only better the status: a line isn't told twice a day that it
    fell back. But a line that lost its target isn't done any more.
    """
    if before is None:
        before = Judgement(FIRST, date.min)
    following = TRANSITIONS[before.status, evidence]
    is_again = day <= before.judged_on
    if is_again and before.status is not DONE and not is_better(following, before.status):
        return before
    return Judgement(following, max(day, before.judged_on))


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation; what changes nothing is left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}"]
    for status, row in _FOLLOWING.items():
        evidences = sorted(zip(row, Evidence, strict=True), key=lambda pair: pair[0])
        for following, some in groupby(evidences, key=lambda pair: pair[0]):
            if following is not status:
                lines.append(f"    {status} --> {following}: {', '.join(each for _, each in some)}")
    return "\n".join(lines)
