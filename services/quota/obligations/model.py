"""How far each unit is with what it owes, on a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.quota.obligations.doing import Done, Extent, Known, done_of
from shared.campaign import Campaign, Obligation, Unit


class When(StrEnum):
    """Where a day lies: before it begins to be due, from then to the due day, or after."""

    AHEAD = "ahead"
    NEAR = "near"
    PAST = "past"


class ObligationStatus(StrEnum):
    """How an obligation stands."""

    NOT_DUE = "not_due"
    UNDER_WAY = "under_way"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done_late"


STATUS_NAMES: Mapping[ObligationStatus, str] = {
    ObligationStatus.NOT_DUE: "未到期",
    ObligationStatus.UNDER_WAY: "进行中",
    ObligationStatus.DUE: "即将到期",
    ObligationStatus.OVERDUE: "逾期",
    ObligationStatus.DONE: "已完成",
    ObligationStatus.DONE_LATE: "逾期完成",
}

STATUSES: Mapping[tuple[Extent, When], ObligationStatus] = {
    (Extent.NOTHING, When.AHEAD): ObligationStatus.NOT_DUE,
    (Extent.NOTHING, When.NEAR): ObligationStatus.DUE,
    (Extent.NOTHING, When.PAST): ObligationStatus.OVERDUE,
    (Extent.PARTLY, When.AHEAD): ObligationStatus.UNDER_WAY,
    (Extent.PARTLY, When.NEAR): ObligationStatus.DUE,
    (Extent.PARTLY, When.PAST): ObligationStatus.OVERDUE,
    (Extent.WHOLLY, When.AHEAD): ObligationStatus.DONE,
    (Extent.WHOLLY, When.NEAR): ObligationStatus.DONE,
    (Extent.WHOLLY, When.PAST): ObligationStatus.DONE_LATE,
}
"""Total. The day that is judged is the one on which it was wholly done; until then, the day that is asked for."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation of one unit on a day. ``to_act``: the roles that have to do something now."""

    obligation: Obligation
    status: ObligationStatus
    done: Done
    to_act: tuple[str, ...]


def obligations_of(campaign: Campaign, unit: Unit, known: Known, on: date) -> list[Owed]:
    """What ``unit`` owes, in the order of the definition, by what was done until the end of the day ``on``.

    A unit owes points where the definition has some for it.
    """
    owed = (campaign.obligation_of(unit.id, kind) for kind in campaign.obligations.by_kind)
    return [
        _owed(obligation, done, campaign.obligations.due_soon_days, on)
        for obligation in owed
        if obligation is not None and (done := done_of(obligation, unit, known, on)).target
    ]


def status_table() -> str:
    """The statuses as a table, for the documentation."""
    head = f"| done | {' | '.join(When)} |\n| --- |{' --- |' * len(When)}\n"
    rows = (f"| {extent} | {' | '.join(STATUSES[extent, each] for each in When)} |" for extent in Extent)
    return head + "\n".join(rows)


def when(obligation: Obligation, due_soon_days: int, day: date) -> When:
    """Where ``day`` lies."""
    if day > obligation.due_on:
        return When.PAST
    begins_on = obligation.due_on - timedelta(days=due_soon_days - 1)
    return When.AHEAD if day < begins_on else When.NEAR


def _owed(obligation: Obligation, done: Done, due_soon_days: int, on: date) -> Owed:
    judged_on = on if done.on is None else date.fromisoformat(done.on)
    status = STATUSES[done.extent, when(obligation, due_soon_days, judged_on)]
    if done.extent is Extent.WHOLLY:
        return Owed(obligation, status, done, ())
    is_overdue = status is ObligationStatus.OVERDUE
    to_act = (obligation.acts, obligation.chases) if is_overdue else (obligation.acts,)
    return Owed(obligation, status, done, tuple(dict.fromkeys(to_act)))
