"""A use grant (数据使用批准): asked for, decided on, ended. Pure.

The plan, part five, paragraph four: no unit and no person may use or publish data or reports of any level
without the approval of the leading group. A grant is that approval, for one person and one purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict, NotAllowed


class GrantState(StrEnum):
    """Where a grant stands. That its time is over is not a state: ``is_in_force`` looks at the clock."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    CANCELLED = "cancelled"


class GrantAction(StrEnum):
    """What may be decided about a grant."""

    APPROVE = "approve"
    REFUSE = "refuse"
    REVOKE = "revoke"
    CANCEL = "cancel"


STATE_NAMES: Mapping[GrantState, str] = {
    GrantState.REQUESTED: "待审批",
    GrantState.APPROVED: "已批准",
    GrantState.REFUSED: "未批准",
    GrantState.REVOKED: "已收回",
    GrantState.CANCELLED: "已撤销申请",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action leads nowhere from a state, and what to do instead."""

    reason: str


_IS_FINAL = Refusal("该申请已有最终结论；如仍需使用数据，请重新提出申请。")

TRANSITIONS: Mapping[tuple[GrantState, GrantAction], GrantState | Refusal] = {
    (GrantState.REQUESTED, GrantAction.APPROVE): GrantState.APPROVED,
    (GrantState.REQUESTED, GrantAction.REFUSE): GrantState.REFUSED,
    (GrantState.REQUESTED, GrantAction.REVOKE): Refusal("该申请尚未批准，没有可以收回的批准。"),
    (GrantState.REQUESTED, GrantAction.CANCEL): GrantState.CANCELLED,
    (GrantState.APPROVED, GrantAction.APPROVE): Refusal("该申请已经批准，无须再次批准。"),
    (GrantState.APPROVED, GrantAction.REFUSE): Refusal("该申请已经批准；如需终止，请收回批准。"),
    (GrantState.APPROVED, GrantAction.REVOKE): GrantState.REVOKED,
    (GrantState.APPROVED, GrantAction.CANCEL): Refusal("该申请已经批准；如需终止，请由领导小组收回批准。"),
    **{
        (state, action): _IS_FINAL
        for state in (GrantState.REFUSED, GrantState.REVOKED, GrantState.CANCELLED)
        for action in GrantAction
    },
}
"""Total: every action has an answer in every state."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing decided, by whom (subject), when; ``reason`` is empty where none is asked for."""

    action: GrantAction
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do with which data.

    ``units`` and ``variables`` are names, or ``("*",)`` for all of them.
    """

    campaign: str
    units: tuple[str, ...]
    variables: tuple[str, ...]
    purpose: str
    until: datetime


@dataclass(frozen=True, slots=True)
class UseGrant:
    """A grant and what was decided about it, oldest first."""

    id: str
    use: Use
    requested_by: str
    requested_at: datetime
    state: GrantState = GrantState.REQUESTED
    decisions: tuple[Decision, ...] = ()

    def is_in_force(self, now: datetime) -> bool:
        """Whether data may be used on the strength of it."""
        return self.state is GrantState.APPROVED and now < self.use.until

    def is_decided_so(self, decision: Decision) -> bool:
        """Whether the last decision was this one, by the same person for the same reason: a repeat."""
        if not self.decisions:
            return False
        last = self.decisions[-1]
        return (last.action, last.by, last.reason) == (decision.action, decision.by, decision.reason)

    def decided(self, decision: Decision) -> UseGrant:
        """The grant after ``decision``.

        Raises NotAllowed when the wrong person decides, Conflict when the state or the clock forbids it.
        """
        self._check_person(decision)
        following = TRANSITIONS[self.state, decision.action]
        if isinstance(following, Refusal):
            raise Conflict(f"{following.reason}当前状态：{STATE_NAMES[self.state]}。", code="grant-state")
        if decision.action is GrantAction.APPROVE and decision.at >= self.use.until:
            raise Conflict("申请的使用期限已过，不能再批准；请申请人重新提出申请。", code="grant-expired")
        return replace(self, state=following, decisions=(*self.decisions, decision))

    def _check_person(self, decision: Decision) -> None:
        is_requester = decision.by == self.requested_by
        if decision.action in (GrantAction.APPROVE, GrantAction.REFUSE) and is_requester:
            raise NotAllowed("不能审批本人提出的申请；请由领导小组其他成员审批。", code="own-request")
        if decision.action is GrantAction.CANCEL and not is_requester:
            raise NotAllowed("只有申请人本人可以撤销申请。", code="not-requester")


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {GrantState.REQUESTED}: request"]
    for (state, action), following in TRANSITIONS.items():
        if isinstance(following, GrantState):
            lines.append(f"    {state} --> {following}: {action}")
    ends = [state for state in GrantState if all(_is_refused(state, action) for action in GrantAction)]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(lines)


def _is_refused(state: GrantState, action: GrantAction) -> bool:
    return isinstance(TRANSITIONS[state, action], Refusal)
