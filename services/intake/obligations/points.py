"""An interview point (访谈点) that a unit sets up and closes. Pure.

Part five, paragraph one of the plan: points are set up widely, in principle at every town-level union and, where that
can be, at large firms, dormitory areas and service stations.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from shared.errors import Conflict


class PointState(StrEnum):
    """Where a point stands."""

    EXPECTED = "expected"
    OPEN = "open"
    CLOSED = "closed"


class PointAction(StrEnum):
    """What is done with a point."""

    SET_UP = "set_up"
    CLOSE = "close"


STATE_NAMES: Mapping[PointState, str] = {
    PointState.EXPECTED: "尚未设立",
    PointState.OPEN: "已设立",
    PointState.CLOSED: "已关闭",
}


class Refusal(NamedTuple):
    """Why an action leads nowhere from a state, and what to do instead."""

    reason: str


TRANSITIONS: Mapping[tuple[PointState, PointAction], PointState | Refusal] = {
    (PointState.EXPECTED, PointAction.SET_UP): PointState.OPEN,
    (PointState.EXPECTED, PointAction.CLOSE): Refusal("这个访谈点尚未登记设立，无须关闭。"),
    (PointState.OPEN, PointAction.SET_UP): PointState.OPEN,
    (PointState.OPEN, PointAction.CLOSE): PointState.CLOSED,
    (PointState.CLOSED, PointAction.SET_UP): PointState.OPEN,
    (PointState.CLOSED, PointAction.CLOSE): PointState.CLOSED,
}
"""Total: every action has an answer in every state."""


class Point(msgspec.Struct, frozen=True, omit_defaults=True):
    """A point that was set up at least once. ``name``, ``kind`` and ``address`` are those of a new one alone.

    From ``closed_on`` on there are no interviews at it. Days are ISO dates.
    """

    id: str
    campaign: str
    unit: str
    point: str
    recorded_by: str
    recorded_at: str
    set_up_on: str
    closed_on: str | None = None
    name: str | None = None
    kind: str | None = None
    address: str | None = None
    revision: int = 0

    @property
    def state(self) -> PointState:
        """Open or closed."""
        return PointState.OPEN if self.closed_on is None else PointState.CLOSED


def set_up(stands: Point | None, new: Point) -> Point:
    """``new`` in the place of what stands, or that when it was set up just so: a repeat opens nothing again.

    Raises Conflict where a closed one would be open again before it was closed.
    """
    _check(stands, PointAction.SET_UP)
    if stands is None:
        return new
    if _set_up_as(stands) == _set_up_as(new):
        return stands
    if stands.closed_on is not None and new.set_up_on <= stands.closed_on:
        raise Conflict(
            f"这个访谈点已于 {stands.closed_on} 关闭；重新设立的日期应晚于这一天，收到 {new.set_up_on}。",
            code="point-closed",
        )
    return replace(new, revision=stands.revision + 1)


def closed(stands: Point | None, *, on: str, by: str, at: str) -> Point:
    """Closed from the day ``on``. So again changes nothing; another day corrects it.

    Raises Conflict where it was never set up, or only after that day.
    """
    _check(stands, PointAction.CLOSE)
    assert stands is not None, "an expected one was refused"
    if stands.closed_on == on:
        return stands
    if on < stands.set_up_on:
        raise Conflict(
            f"这个访谈点是 {stands.set_up_on} 设立的，关闭日期不能更早，收到 {on}。", code="point-state"
        )
    return replace(stands, closed_on=on, recorded_by=by, recorded_at=at, revision=stands.revision + 1)


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {PointState.EXPECTED}: definition"]
    for (state, action), following in TRANSITIONS.items():
        if isinstance(following, PointState):
            lines.append(f"    {state} --> {following}: {action}")
    return "\n".join(lines)


def _check(stands: Point | None, action: PointAction) -> None:
    state = PointState.EXPECTED if stands is None else stands.state
    following = TRANSITIONS[state, action]
    if isinstance(following, Refusal):
        raise Conflict(following.reason, code="point-state")


def _set_up_as(point: Point) -> tuple[str | None, ...]:
    return point.set_up_on, point.name, point.kind, point.address
