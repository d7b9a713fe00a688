"""The events of an invented campaign half-way through, as intake logs them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from services.demo.scenario import build_scenario
from services.demo.steps import Step
from services.intake.door import SOURCE, Door
from services.intake.form import read_form
from services.intake.model import Registration
from shared.campaign import Campaign
from shared.events import (
    Event,
    EventData,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    derived_id,
    make_event,
    rfc3339,
    to_message,
)
from shared.log.port import Message
from shared.privacy import CampaignKeys, KeyRing, Privacy

EVENTS_AT_SCALE_1 = 33_000
SPARE = 1.05
BEGIN = datetime(2024, 5, 10, tzinfo=UTC)
BETWEEN_EVENTS = timedelta(seconds=40)


def invented_messages(campaign: Campaign, count: int) -> Iterator[Message]:
    """``count`` messages of the topic of submissions: three in ten of offline interviews, the rest online;
    some persons twice, and a few amendments, signatures and withdrawals."""
    scenario = build_scenario(campaign, 1, count / EVENTS_AT_SCALE_1 * SPARE)
    narrator = _Narrator(campaign)
    told = (event for step in scenario.steps if (event := narrator.event(step)) is not None)
    return islice(map(to_message, told), count)


class _Narrator:
    """Tells what intake would tell."""

    def __init__(self, campaign: Campaign) -> None:
        keys = CampaignKeys(os.urandom(32), os.urandom(32), os.urandom(32))
        self._door = Door(campaign, Privacy.for_campaign(KeyRing({campaign.id: keys}), campaign.id))
        self._standing: dict[tuple[str, str], Registration] = {}
        self._now = BEGIN
        self._tellers: Mapping[tuple[str, str], Callable[[Step], Event]] = {
            ("submit", "new"): self._received,
            ("amend", "amendment"): self._amended,
            ("sign_off", "sign_off"): self._signed_off,
            ("withdraw", "withdrawal"): self._withdrawn,
        }

    def event(self, step: Step) -> Event | None:
        """None for what isn't accepted, or is a repeat."""
        tell = self._tellers.get((step.action, step.case))
        if tell is None:
            return None
        self._now += BETWEEN_EVENTS
        return tell(step)

    def _received(self, step: Step) -> Event:
        form = read_form(step.content)
        _, registration, data_key = self._door.register(form, rfc3339(self._now))
        self._standing[step.channel, step.source_id] = registration
        return self._door.event(form, registration, data_key)

    def _amended(self, step: Step) -> Event:
        form = read_form(step.content)
        amended = self._stands(step).amended(content_mac=self._door.mac(form), unit=form.placed_unit)
        return self._door.event(form, amended, self._door.data_key(amended))

    def _signed_off(self, step: Step) -> Event:
        stands, at = self._stands(step), rfc3339(self._now)
        data = SubmissionSignedOff(
            submission_id=stands.submission_id,
            campaign=stands.campaign,
            signed_off_by="team-lead",
            signed_off_at=at,
        )
        return _event(stands, data, "signed-off", at)

    def _withdrawn(self, step: Step) -> Event:
        stands, at = self._stands(step), rfc3339(self._now)
        data = SubmissionWithdrawn(
            submission_id=stands.submission_id, campaign=stands.campaign, withdrawn_at=at
        )
        return _event(stands, data, "withdrawn", at)

    def _stands(self, step: Step) -> Registration:
        return self._standing[step.channel, step.source_id]


def _event(stands: Registration, data: EventData, what: str, at: str) -> Event:
    id = derived_id(stands.submission_id, what)
    return make_event(data, id=id, source=SOURCE, subject=stands.submission_id, time=at, key=stands.key)
