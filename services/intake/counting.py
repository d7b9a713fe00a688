"""How many submissions came to what, by the channel whose key they came with."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from prometheus_client import Counter

from services.intake.handlers import Answer
from services.intake.model import Outcome
from shared.access import Principal
from shared.errors import Conflict, DafangtanError, RetryLater, TooMany
from shared.metrics import INTAKE_SUBMISSIONS, SubmissionOutcome

STAFF = "staff"
"""Stands for the channel where a person posts with a token."""

_OF_OUTCOME = {
    Outcome.ACCEPTED: SubmissionOutcome.ACCEPTED,
    Outcome.REPEAT: SubmissionOutcome.REPEAT,
}


def count(principal: Principal, answers: Iterable[Answer]) -> None:
    """Count the answers."""
    channel = principal.channel or STAFF
    outcomes = [*map(_outcome_of, answers)]
    for outcome in set(outcomes):
        _counter(channel, outcome).inc(outcomes.count(outcome))


class CountedRefusal:
    """Counts the submission whose refusal ends the block."""

    __slots__ = ("_principal",)

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, DafangtanError):
            count(self._principal, [error])


@cache
def _counter(channel: str, outcome: SubmissionOutcome) -> Counter:
    return INTAKE_SUBMISSIONS.labels(channel, outcome)


def _outcome_of(answer: Answer) -> SubmissionOutcome:
    if isinstance(answer, TooMany):
        return SubmissionOutcome.THROTTLED
    if isinstance(answer, RetryLater):
        return SubmissionOutcome.UNAVAILABLE
    if isinstance(answer, Conflict):
        return SubmissionOutcome.CONFLICT
    if isinstance(answer, DafangtanError):
        return SubmissionOutcome.INVALID
    return _OF_OUTCOME[answer[0]]
