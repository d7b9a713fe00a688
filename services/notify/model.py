"""The delivery of one mail: taken up, handed over, put off, given up, or of unknown end. Pure.

Nobody is told a thing twice: a mail of which it can't be known whether the server took it is never sent again
by itself. ``UNCONFIRMED`` says so, and people decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a mail stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


class DeliveryAction(StrEnum):
    """What happens to a mail. The last two are heard from the log, where a rebuild finds what was done."""

    CLAIM = "claim"
    ACCEPT = "accept"
    DEFER = "defer"
    REFUSE = "refuse"
    LOSE = "lose"
    HEAR_SENT = "hear-sent"
    HEAR_FAILED = "hear-failed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action leads nowhere from a state."""

    reason: str


_IS_CLAIMED = Refusal("a sender has claimed it")
_IS_OVER = Refusal("its delivery is over")
_IS_UNCLAIMED = Refusal("no sender has claimed it")
_NEVER_AGAIN = Refusal("it may have been delivered, so it is never sent again by itself")

TRANSITIONS: Mapping[tuple[DeliveryState, DeliveryAction], DeliveryState | Refusal] = {
    (DeliveryState.PENDING, DeliveryAction.CLAIM): DeliveryState.SENDING,
    (DeliveryState.PENDING, DeliveryAction.ACCEPT): _IS_UNCLAIMED,
    (DeliveryState.PENDING, DeliveryAction.DEFER): _IS_UNCLAIMED,
    (DeliveryState.PENDING, DeliveryAction.REFUSE): _IS_UNCLAIMED,
    (DeliveryState.PENDING, DeliveryAction.LOSE): _IS_UNCLAIMED,
    (DeliveryState.PENDING, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.PENDING, DeliveryAction.HEAR_FAILED): DeliveryState.FAILED,
    (DeliveryState.SENDING, DeliveryAction.CLAIM): _IS_CLAIMED,
    (DeliveryState.SENDING, DeliveryAction.ACCEPT): DeliveryState.SENT,
    (DeliveryState.SENDING, DeliveryAction.DEFER): DeliveryState.PENDING,
    (DeliveryState.SENDING, DeliveryAction.REFUSE): DeliveryState.FAILED,
    (DeliveryState.SENDING, DeliveryAction.LOSE): DeliveryState.UNCONFIRMED,
    (DeliveryState.SENDING, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.SENDING, DeliveryAction.HEAR_FAILED): DeliveryState.FAILED,
    (DeliveryState.SENT, DeliveryAction.CLAIM): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.ACCEPT): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.DEFER): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.REFUSE): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.LOSE): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.HEAR_SENT): _IS_OVER,
    (DeliveryState.SENT, DeliveryAction.HEAR_FAILED): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.CLAIM): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.ACCEPT): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.DEFER): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.REFUSE): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.LOSE): _IS_OVER,
    (DeliveryState.FAILED, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.FAILED, DeliveryAction.HEAR_FAILED): _IS_OVER,
    (DeliveryState.UNCONFIRMED, DeliveryAction.CLAIM): _NEVER_AGAIN,
    (DeliveryState.UNCONFIRMED, DeliveryAction.ACCEPT): DeliveryState.SENT,
    (DeliveryState.UNCONFIRMED, DeliveryAction.DEFER): _NEVER_AGAIN,
    (DeliveryState.UNCONFIRMED, DeliveryAction.REFUSE): DeliveryState.FAILED,
    (DeliveryState.UNCONFIRMED, DeliveryAction.LOSE): _IS_OVER,
    (DeliveryState.UNCONFIRMED, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.UNCONFIRMED, DeliveryAction.HEAR_FAILED): _IS_OVER,
}
"""Total. From ``UNCONFIRMED`` a sender that was thought dead may still bring the server's answer."""

CLAIM_HOLDS_FOR = timedelta(minutes=5)
"""After this long a claim's sender is taken for dead; the driver's timeouts end every attempt long before."""
FIRST_RETRY_AFTER = timedelta(minutes=1)
LONGEST_RETRY_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
"""Counted from the first attempt."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a mail; ``by`` is the sender that claims, ``reason`` why it isn't sent."""

    action: DeliveryAction
    at: datetime
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the mail ``notice_id`` stands.

    ``due_at``: pending, when to try; sending, when the claim ends; else when it was over.
    """

    notice_id: str
    cause_id: str
    due_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts_count: int = 0
    first_attempt_at: datetime | None = None
    claimed_by: str = ""
    reason: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should try to send it now."""
        return self.state is DeliveryState.PENDING and self.due_at <= now

    def is_of_claim(self, claimed: Delivery) -> bool:
        """Whether this comes from the same attempt as ``claimed``, and from no later one."""
        return (self.claimed_by, self.attempts_count) == (claimed.claimed_by, claimed.attempts_count)

    def after(self, step: Step) -> Delivery | Refusal:
        """The delivery after ``step``, or why that can't be."""
        following = TRANSITIONS[self.state, step.action]
        if isinstance(following, Refusal):
            return following
        moved = replace(self, state=following, due_at=step.at, reason=step.reason)
        match step.action:
            case DeliveryAction.CLAIM:
                return self._claimed(moved, step)
            case DeliveryAction.DEFER:
                return self._deferred(moved, step)
            case _:
                return moved

    def _claimed(self, moved: Delivery, step: Step) -> Delivery:
        return replace(
            moved,
            due_at=step.at + CLAIM_HOLDS_FOR,
            attempts_count=self.attempts_count + 1,
            first_attempt_at=self.first_attempt_at or step.at,
            claimed_by=step.by,
        )

    def _deferred(self, moved: Delivery, step: Step) -> Delivery:
        """Put off, or given up when that has gone on for too long."""
        first = self.first_attempt_at or step.at
        if step.at - first >= GIVE_UP_AFTER:
            return replace(moved, state=DeliveryState.FAILED)
        return replace(moved, due_at=step.at + retry_after(self.attempts_count))


def retry_after(attempts_count: int) -> timedelta:
    """How long to wait after so many attempts: a minute, doubling up to an hour."""
    doublings = min(attempts_count - 1, 10)
    return min(LONGEST_RETRY_AFTER, FIRST_RETRY_AFTER * (1 << doublings))


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {DeliveryState.PENDING}: notice made"]
    for (state, action), following in TRANSITIONS.items():
        if isinstance(following, DeliveryState):
            lines.append(f"    {state} --> {following}: {action}")
    lines.append(f"    {DeliveryState.SENT} --> [*]")
    return "\n".join(lines)
