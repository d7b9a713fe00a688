"""The use cases of recording: points, totals, the report."""

from __future__ import annotations

from functools import partial

from services.intake.obligations import points, store
from services.intake.obligations.desk import Desk, Owing, refuse_if_any
from services.intake.obligations.form import (
    PointForm,
    ReportForm,
    TotalsForm,
    point_problems,
    report_problems,
    totals_problems,
)
from services.intake.obligations.model import Report, Totals, replaced
from services.intake.obligations.points import Point
from shared.access import Action, Principal
from shared.campaign import ObligationKind
from shared.errors import FieldProblem, Invalid, NotFound
from shared.events import derived_id


class Recording:
    """Records what units did. Every method raises Invalid, NotAllowed, NotFound, RetryLater besides what it says, and
    says whether the thing is new. Where ``expected_revision`` is given and another one stands, RevisionMoved: what
    comes late doesn't take the place of what is newer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def set_up_point(
        self, principal: Principal, campaign: str, unit: str, form: PointForm
    ) -> tuple[Point, bool]:
        """Set up an interview point. Raises Conflict where it was closed only later."""
        owing = self._owing(principal, campaign, unit, ObligationKind.POINTS)
        refuse_if_any([*point_problems(form, owing.campaign, owing.unit, self._desk.today(owing.campaign))])
        new = self._point(principal, owing, form)

        def change(stands: Point | None) -> Point:
            return points.set_up(stands, new)

        return await self._desk.change(principal, store.POINTS_SHELF, new.id, "set_up_point", change)

    async def close_point(
        self, principal: Principal, campaign: str, unit: str, point: str, *, closed_on: str
    ) -> Point:
        """Close an interview point. Raises Conflict where it wasn't set up, or only after that day."""
        owing = self._owing(principal, campaign, unit, ObligationKind.POINTS)
        if closed_on > self._desk.today(owing.campaign).isoformat():
            raise Invalid("提交的内容有误。", [FieldProblem("closed_on", "不能晚于今天")])
        id, by, at = store.point_id(campaign, unit, point), principal.subject, self._desk.now()
        is_defined = point in {each.id for each in owing.unit.points}

        def change(stands: Point | None) -> Point:
            if stands is None and not is_defined:
                raise NotFound("本单位没有这个访谈点。", code="unknown-point")
            return points.closed(stands, on=closed_on, by=by, at=at)

        changed, _ = await self._desk.change(principal, store.POINTS_SHELF, id, "close_point", change)
        return changed

    async def tell_totals(
        self,
        principal: Principal,
        campaign: str,
        unit: str,
        form: TotalsForm,
        *,
        expected_revision: int | None = None,
    ) -> tuple[Totals, bool]:
        """The unit has totalled its questionnaires; or other totals than before."""
        owing = self._owing(principal, campaign, unit, ObligationKind.TOTALS)
        refuse_if_any([*totals_problems(form, owing.campaign, self._desk.today(owing.campaign))])
        new = Totals(
            id=store.totals_id(campaign, unit),
            campaign=campaign,
            unit=unit,
            recorded_by=principal.subject,
            recorded_at=self._desk.now(),
            totalled_on=form.totalled_on.isoformat(),
            questionnaires_count=form.questionnaires_count,
            paper_count=form.paper_count,
        )
        change = partial(replaced, new=new, expected_revision=expected_revision)
        return await self._desk.change(principal, store.TOTALS_SHELF, new.id, "tell_totals", change)

    async def hand_in_report(
        self,
        principal: Principal,
        campaign: str,
        unit: str,
        form: ReportForm,
        *,
        cause: str | None = None,
        expected_revision: int | None = None,
    ) -> tuple[Report, bool]:
        """The unit has handed in its report; or another one. ``cause``: id of the event that told of it."""
        owing = self._desk.permitted(principal, Action.HAND_IN_REPORT, campaign, unit, ObligationKind.REPORT)
        refuse_if_any([*report_problems(form, owing.campaign, self._desk.today(owing.campaign))])
        new = Report(
            id=store.report_id(campaign, unit),
            campaign=campaign,
            unit=unit,
            recorded_by=principal.subject,
            recorded_at=self._desk.now(),
            handed_in_on=form.handed_in_on.isoformat(),
            sha256=form.sha256,
            causes=() if cause is None else (cause,),
        )
        change = partial(replaced, new=new, expected_revision=expected_revision)
        return await self._desk.change(principal, store.REPORTS_SHELF, new.id, "hand_in_report", change)

    def _owing(self, principal: Principal, campaign: str, unit: str, kind: ObligationKind) -> Owing:
        return self._desk.permitted(principal, Action.RECORD_OBLIGATION, campaign, unit, kind)

    def _point(self, principal: Principal, owing: Owing, form: PointForm) -> Point:
        campaign, unit = owing.campaign.id, owing.unit.id
        point = form.point or derived_id("point", campaign, unit, form.name or "")
        return Point(
            id=store.point_id(campaign, unit, point),
            campaign=campaign,
            unit=unit,
            point=point,
            recorded_by=principal.subject,
            recorded_at=self._desk.now(),
            set_up_on=form.set_up_on.isoformat(),
            name=form.name,
            kind=form.kind,
            address=form.address,
        )
