"""Reports that other programs tell of, as CloudEvents: one in a request or many."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.channels.cloud_events import contents_in
from services.intake.obligations.form import ReportEventForm
from services.intake.obligations.handlers import Recording
from services.intake.obligations.model import Report
from shared.access import Principal
from shared.errors import DafangtanError
from shared.events import ReportHandedIn, derived_id
from shared.events.cloud_events import CloudEvent, Mode
from shared.problems import parse

TOLD = ReportHandedIn.event_type
"""The type of an event that tells of a report: the same as the one that the log has of it."""
Taken = tuple[Report, bool] | DafangtanError
"""The report as it stands and whether it is new, or why it wasn't taken."""


class ReportDoor:
    """Takes reports in that events tell of."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def take(self, principal: Principal, mode: Mode, events: Sequence[CloudEvent]) -> list[Taken]:
        """What became of each of ``events``, in order. Raises Invalid for what are no such events."""
        contents = contents_in(mode, events, TOLD)
        return [
            await self._taken(principal, event, content)
            for event, content in zip(events, contents, strict=True)
        ]

    async def _taken(self, principal: Principal, event: CloudEvent, content: bytes) -> Taken:
        """An event is known again by its source and id (CloudEvents 1.0.2, section 3.1.1)."""
        cause = derived_id("cloud-event", event.text("source"), event.text("id"))
        try:
            form = parse(content, ReportEventForm)
            return await self._recording.hand_in_report(
                principal, form.campaign, form.unit, form, cause=cause
            )
        except DafangtanError as error:
            return error
