"""Events of the topic ``problems``: what becomes of what submissions raised. No words of anybody are in them."""

from __future__ import annotations

from pydantic import Field

from shared.events.base import EventData, Topic

_PROBLEM_ID = Field(description="derived from the submission that raised it")
_REVISION = Field(
    description="counts what became of the problem, from 1: of two events the higher one stands"
)


class ProblemRecorded(EventData, type="dafangtan.problem.recorded.v1", topic=Topic.PROBLEMS):
    """Somebody took up what a submission raised: for the first time, or again after it had been answered."""

    problem_id: str = _PROBLEM_ID
    submission_id: str
    campaign: str
    unit: str = Field(description="the unit that the submission belongs to")
    revision: int = _REVISION
    recorded_by: str = Field(description="subject of the token of who took it up")
    recorded_at: str


class ProblemAnswered(EventData, type="dafangtan.problem.answered.v1", topic=Topic.PROBLEMS):
    """What a submission raised was answered, perhaps without having been taken up before.

    The answer's words are for the respondent and stay with intake, sealed.
    """

    problem_id: str = _PROBLEM_ID
    submission_id: str
    campaign: str
    unit: str = Field(description="the unit that the submission belongs to")
    revision: int = _REVISION
    answered_by: str = Field(description="subject of the token of who answered")
    answered_at: str
