"""What a submission raised, and how far its unit has come with it. Pure.

The plan asks for an answer to every problem (件件有着落、事事有回音), and lets a unit answer at once (即知即改).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from shared.errors import Conflict
from shared.events import derived_id


class ProblemState(StrEnum):
    """How far it has come. Withdrawn is the submission's own state, whatever was done before."""

    OPEN = "open"
    BEING_HANDLED = "being_handled"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ProblemAction(StrEnum):
    """What a unit or the office does about it."""

    TAKE_UP = "take_up"
    ANSWER = "answer"


STATE_NAMES: Mapping[ProblemState, str] = {
    ProblemState.OPEN: "待办理",
    ProblemState.BEING_HANDLED: "办理中",
    ProblemState.ANSWERED: "已答复",
    ProblemState.WITHDRAWN: "已撤回",
}


class Refusal(NamedTuple):
    """Why an action leads nowhere from a state."""

    reason: str


TRANSITIONS: Mapping[tuple[ProblemState, ProblemAction], ProblemState | Refusal] = {
    (ProblemState.OPEN, ProblemAction.TAKE_UP): ProblemState.BEING_HANDLED,
    (ProblemState.OPEN, ProblemAction.ANSWER): ProblemState.ANSWERED,
    (ProblemState.BEING_HANDLED, ProblemAction.TAKE_UP): ProblemState.BEING_HANDLED,
    (ProblemState.BEING_HANDLED, ProblemAction.ANSWER): ProblemState.ANSWERED,
    (ProblemState.ANSWERED, ProblemAction.TAKE_UP): ProblemState.BEING_HANDLED,
    (ProblemState.ANSWERED, ProblemAction.ANSWER): ProblemState.ANSWERED,
    (ProblemState.WITHDRAWN, ProblemAction.TAKE_UP): Refusal("这份提交已由本人撤回，不能再办理。"),
    (ProblemState.WITHDRAWN, ProblemAction.ANSWER): Refusal("这份提交已由本人撤回，不能再答复。"),
}
"""Total: every action has an answer in every state."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """When it was answered, and its words, sealed under the submission's data key; ``text_mac`` tells a repeat.

    Neither is there where nothing was written down: the answer was given by word of mouth.
    """

    at: str
    sealed: str | None = None
    text_mac: str | None = None


class Act(NamedTuple):
    """One thing done by somebody (subject) at a time (RFC 3339); an answer comes with what it says."""

    action: ProblemAction
    by: str
    at: str
    answer: Answer | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What intake remembers of it. ``revision`` counts the changes; ``by`` and ``at`` tell of the last one.

    ``answer`` is the latest one; it is still told while the problem is handled again.
    """

    submission_id: str
    campaign: str
    state: ProblemState = ProblemState.OPEN
    revision: int = 0
    by: str | None = None
    at: str | None = None
    answer: Answer | None = None

    @property
    def id(self) -> str:
        """Its id everywhere."""
        return problem_id(self.submission_id)

    def following(self, action: ProblemAction) -> ProblemState:
        """The state that ``action`` leads to. Raises Conflict when it leads nowhere."""
        following = TRANSITIONS[self.state, action]
        if isinstance(following, Refusal):
            raise Conflict(following.reason, code="already-withdrawn")
        return following

    def after(self, act: Act) -> Problem:
        """The problem after ``act``; the same one where that is a repeat. Raises Conflict."""
        following = self.following(act.action)
        if following is self.state and not self._says_more(act):
            return self
        return replace(
            self,
            state=following,
            revision=self.revision + 1,
            by=act.by,
            at=act.at,
            answer=act.answer or self.answer,
        )

    def _says_more(self, act: Act) -> bool:
        """Whether ``act`` has words that don't stand as the answer already."""
        if act.answer is None or act.answer.text_mac is None:
            return False
        return self.answer is None or act.answer.text_mac != self.answer.text_mac


def problem_id(submission_id: str) -> str:
    """The id of what the submission raised: the same whoever takes it up."""
    return derived_id("problem", submission_id)


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {ProblemState.OPEN}: submission received"]
    for (state, action), following in TRANSITIONS.items():
        if isinstance(following, ProblemState):
            lines.append(f"    {state} --> {following}: {action}")
    ending = (state for state in ProblemState if state is not ProblemState.WITHDRAWN)
    lines += [f"    {state} --> {ProblemState.WITHDRAWN}: submission withdrawn" for state in ending]
    return "\n".join([*lines, f"    {ProblemState.WITHDRAWN} --> [*]"])
