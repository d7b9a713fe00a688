"""How far a submission has come, in the words of whoever gave it. Pure.

*Received*: registered and durable, in the log or on disk. *Counted*: its event was read back from the log. Every
book (accepted submissions, quotas, tables) is a fold of the log, so from then on each of them counts it, in one
bucket or another; which bucket of a unit's quota it is, is the unit's matter and not told here. *Being handled*,
*answered*: what the log says of what it raised, and counted all the same. *Withdrawn*: taken back, its data key
destroyed; the books count it as withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from services.intake.handling.model import ProblemState
from services.intake.model import Registration, State


class Standing(StrEnum):
    """What a receipt says."""

    RECEIVED = "received"
    COUNTED = "counted"
    BEING_HANDLED = "being_handled"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


STANDING_NAMES = {
    Standing.RECEIVED: "已收到",
    Standing.COUNTED: "已计入",
    Standing.BEING_HANDLED: "办理中",
    Standing.ANSWERED: "已答复",
    Standing.WITHDRAWN: "已撤回",
}
_OF_PROBLEM: Mapping[ProblemState, Standing] = {
    ProblemState.BEING_HANDLED: Standing.BEING_HANDLED,
    ProblemState.ANSWERED: Standing.ANSWERED,
}


def standing_of(registration: Registration, *, is_in_log: bool, problem: ProblemState) -> Standing:
    """The standing of what is registered so.

    ``is_in_log``: its event was read back from the log; ``problem``: what the log says of what it raised.
    """
    if registration.state is State.WITHDRAWN:
        return Standing.WITHDRAWN
    return _OF_PROBLEM.get(problem, Standing.COUNTED if is_in_log else Standing.RECEIVED)
