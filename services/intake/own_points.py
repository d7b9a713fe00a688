"""The interview points that units set up themselves: read back from the topic ``obligations``, in every process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from services.intake.in_the_background import InTheBackground
from shared.campaign import Campaign, Point
from shared.consuming import Follower, Rejection
from shared.errors import FieldProblem, RejectEvent, RetryLater
from shared.events import PointClosed, PointOpened, Topic, in_binary_mode, type_of
from shared.log.port import Batch, LoggedMessage
from shared.platform import Platform

_TELLING = frozenset({PointOpened.event_type.encode(), PointClosed.event_type.encode()})


class _Told(msgspec.Struct, frozen=True, gc=False):
    """The fields of an event about a point that matter here. One of the definition has no ``name``."""

    campaign: str
    unit: str
    point: str
    revision: int
    set_up_on: str
    closed_on: str | None = None
    name: str | None = None

    @property
    def is_there(self) -> bool:
        """One that is closed on the day when it was set up never was: somebody had set it up by mistake."""
        return self.closed_on != self.set_up_on


class OwnPointsFold:
    """The definitions with the points that units have set up besides; a ``shared.consuming.MemoryFold``.

    A point stays once it is closed: what was held there before may come late. ``campaigns`` is always as of now: a
    definition in it is replaced by another one when its points change.
    """

    name = "intake.points"
    topics = (Topic.OBLIGATIONS,)

    def __init__(self, definitions: Mapping[str, Campaign]) -> None:
        self.campaigns = dict(definitions)
        self._definitions = definitions
        self._known: dict[str, dict[str, _Told]] = {id: {} for id in definitions}

    def apply(self, batch: Batch) -> list[Rejection]:
        """Take in what is told of points that are not of the definition; the later revision stands."""
        rejections = []
        changed = set()
        for partition, messages in batch.items():
            for message in messages:
                try:
                    changed |= self._take(message)
                except RejectEvent as error:
                    rejections.append(Rejection(partition, message, str(error)))
        for id in changed:
            self.campaigns[id] = self._definitions[id].with_points(self._points(id))
        return rejections

    def _take(self, message: LoggedMessage) -> set[str]:
        """The campaign whose points are other ones now."""
        told = _read(message)
        if told is None or told.name is None:
            return set()
        campaign = self._definitions.get(told.campaign)
        if campaign is None or told.unit not in campaign.units:
            raise RejectEvent(f"unit: {told.unit!r} of the campaign {told.campaign!r} is not defined here")
        known = self._known[campaign.id]
        before = known.get(told.point)
        if told.point in campaign.points or (before is not None and before.revision >= told.revision):
            return set()
        known[told.point] = told
        return set() if before is not None and before.is_there == told.is_there else {campaign.id}

    def _points(self, campaign: str) -> Iterable[Point]:
        """By id: in every process the same."""
        for id, told in sorted(self._known[campaign].items()):
            if told.is_there:
                yield Point(id, told.name or id, told.unit)


class OwnPoints:
    """Keeps ``campaigns`` up with the log: the definitions, with the points of now."""

    def __init__(self, platform: Platform) -> None:
        fold = OwnPointsFold(platform.campaigns)
        self.campaigns: Mapping[str, Campaign] = fold.campaigns
        self._follower = Follower(fold, log=platform.log, store=platform.store, clock=platform.real_clock)
        self.component = InTheBackground(self._follower)
        self.collections = self._follower.collections

    def check_known(self, problems: Iterable[FieldProblem]) -> None:
        """Raises RetryLater where one of ``problems`` is that there is no such point, and there may be one by now."""
        health = self._follower.health()
        if not health.is_ready and any(problem.field == "point" for problem in problems):
            raise RetryLater(f"暂时无法确认有没有这个访谈点（{health.detail}），请稍后原样重发。")

    def check_read(self) -> None:
        """Raises RetryLater before all was read that stood in the log at the start."""
        if not self._follower.has_caught_up:
            raise RetryLater(f"各单位新设的访谈点尚未读完（{self._follower.health().detail}）。")


def _read(message: LoggedMessage) -> _Told | None:
    """What ``message`` says of a point; None where it is about something else. Raises RejectEvent."""
    try:
        message = in_binary_mode(message)
        return _decode(message.value) if type_of(message) in _TELLING else None
    except (ValueError, RecursionError) as error:
        raise RejectEvent(f"data: {error}") from error


_decode = msgspec.json.Decoder(_Told).decode
