"""Looking at a unit's points, for all who see its progress."""

from __future__ import annotations

from typing import NamedTuple

from services.intake.obligations import store
from services.intake.obligations.desk import Desk
from services.intake.obligations.points import Point, PointState
from shared.access import Action, Principal
from shared.campaign import ObligationKind


class PointStands(NamedTuple):
    """A point of a unit: of the definition, whether set up or not, or a new one. ``point`` None: not set up."""

    id: str
    name: str
    is_defined: bool
    point: Point | None

    @property
    def state(self) -> PointState:
        """Where it stands."""
        return PointState.EXPECTED if self.point is None else self.point.state


class Looking:
    """Finds what stands. Every method raises NotAllowed, which is hidden, NotFound, RetryLater."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def points(self, principal: Principal, campaign: str, unit: str) -> list[PointStands]:
        """The unit's points: those of the definition, then new ones, by id."""
        owing = self._desk.permitted(principal, Action.READ_PROGRESS, campaign, unit, ObligationKind.POINTS)
        known = await store.points_of(self._desk.platform.store, campaign, unit)
        defined = [
            PointStands(point.id, point.name, True, known.pop(point.id, None)) for point in owing.unit.points
        ]
        return [*defined, *(self.named(point) for _, point in sorted(known.items()))]

    def named(self, point: Point) -> PointStands:
        """A point that was just recorded, with its name."""
        defined = self._desk.platform.campaigns[point.campaign].points.get(point.point)
        name = point.name or point.point if defined is None else defined.name
        return PointStands(point.point, name, defined is not None, point)
