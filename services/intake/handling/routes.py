"""Handling over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.handling.handlers import Handling, Wanted
from services.intake.handling.model import STATE_NAMES, Problem, ProblemAction, ProblemState
from shared.http import CurrentPrincipal

LONGEST_ANSWER_CHARS = 2000
ExpectedRevision = Annotated[
    int | None, Header(alias="If-Match", description="只在修订号仍是这个数时办理", examples=[1])
]


class AnswerGiven(BaseModel):
    """What the respondent is to read; nothing where the answer was given by word of mouth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Annotated[
        str | None,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ANSWER_CHARS),
        Field(
            description="给受访者本人看的答复，密封保存；凭回执号和撤回码可读。已当面或电话答复的可不写",
            examples=["宿舍热水器已于 6 月 3 日修好。"],
        ),
    ] = None


class HandledBody(BaseModel):
    """How far it has come with what a submission raised."""

    problem_id: str
    submission_id: str
    campaign: str
    state: ProblemState
    state_name: str
    revision: int = Field(description="办理进展的次数")
    changed_by: str | None = Field(description="最近一次由谁办理")
    changed_at: str | None


def router_of(handling: Handling) -> APIRouter:
    """The routes of handling."""
    router = APIRouter(prefix="/intake/v1", tags=["intake 办理和答复"])

    @router.post(
        "/submissions/{submission_id}:take-up",
        summary="开始办理所反映的问题：本单位管理员，或办公室；已答复的重新办理",
    )
    async def take_up(
        submission_id: str, principal: CurrentPrincipal, if_match: ExpectedRevision = None
    ) -> HandledBody:
        wanted = Wanted(ProblemAction.TAKE_UP, expected_revision=if_match)
        return _body(await handling.handle(principal, submission_id, wanted))

    @router.post(
        "/submissions/{submission_id}:answer",
        summary="答复所反映的问题：本单位管理员，或办公室；再次答复以最近的一次为准",
    )
    async def answer(
        submission_id: str,
        principal: CurrentPrincipal,
        given: AnswerGiven | None = None,
        if_match: ExpectedRevision = None,
    ) -> HandledBody:
        text = None if given is None else given.answer
        wanted = Wanted(ProblemAction.ANSWER, text, if_match)
        return _body(await handling.handle(principal, submission_id, wanted))

    return router


def _body(problem: Problem) -> HandledBody:
    return HandledBody(
        problem_id=problem.id,
        submission_id=problem.submission_id,
        campaign=problem.campaign,
        state=problem.state,
        state_name=STATE_NAMES[problem.state],
        revision=problem.revision,
        changed_by=problem.by,
        changed_at=problem.at,
    )
