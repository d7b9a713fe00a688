"""What is told of a problem as it stands: taken up, or answered. Pure."""

from __future__ import annotations

from services.intake.door import SOURCE
from services.intake.handling.model import Problem, ProblemState
from services.intake.model import Registration
from shared.events import Event, EventData, ProblemAnswered, ProblemRecorded, derived_id, make_event


def event_of(problem: Problem, registration: Registration) -> Event:
    """The event that tells how ``problem`` stands now; it was changed at least once."""
    assert problem.at is not None
    return make_event(
        _data(problem, registration.unit),
        id=derived_id(problem.id, str(problem.revision)),
        source=SOURCE,
        subject=problem.id,
        time=problem.at,
        key=registration.key,
    )


def _data(problem: Problem, unit: str) -> EventData:
    by, at = problem.by or "", problem.at or ""
    if problem.state is ProblemState.ANSWERED:
        return ProblemAnswered(
            problem_id=problem.id,
            submission_id=problem.submission_id,
            campaign=problem.campaign,
            unit=unit,
            revision=problem.revision,
            answered_by=by,
            answered_at=at,
        )
    return ProblemRecorded(
        problem_id=problem.id,
        submission_id=problem.submission_id,
        campaign=problem.campaign,
        unit=unit,
        revision=problem.revision,
        recorded_by=by,
        recorded_at=at,
    )
