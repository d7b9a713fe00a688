"""The fold of submissions into columns and of access events into the grant book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import msgspec
from pydantic import ValidationError

from services.analytics.columns import CampaignColumns
from services.analytics.decoding import Content, Told, Withdrawal, told_by
from shared.access import GrantBook
from shared.campaign import Campaign
from shared.consuming import Rejection
from shared.errors import RejectEvent
from shared.events import AccessGranted, AccessRevoked, Topic
from shared.log.port import Batch, LoggedMessage
from shared.metrics import ANALYTICS_ROWS


class SubmissionColumns:
    """What analytics knows, all in memory; a ``shared.consuming.MemoryFold``."""

    name = "analytics"
    topics = (Topic.SUBMISSIONS, Topic.ACCESS)

    def __init__(self, campaigns: Mapping[str, Campaign]) -> None:
        self.grants = GrantBook()
        self.campaigns = {id: CampaignColumns(campaign) for id, campaign in campaigns.items()}

    def apply(self, batch: Batch) -> list[Rejection]:
        """Take in every message; return those that can't be read or are of a campaign that isn't defined."""
        rejections = []
        for partition, messages in batch.items():
            for message in messages:
                try:
                    self._take(message)
                except RejectEvent as error:
                    rejections.append(Rejection(partition, message, str(error)))
        for columns in self.campaigns.values():
            columns.flush()
            _tell_rows(columns)
        return rejections

    def books(self, campaign: str) -> Mapping[str, int]:
        """The books of a defined campaign: accepted = standing (the rows that count) + withdrawn."""
        return asdict(self.campaigns[campaign].books())

    def _take(self, message: LoggedMessage) -> None:
        try:
            told = told_by(message)
        except (msgspec.MsgspecError, ValidationError) as error:
            raise RejectEvent(f"data: {error}") from error
        if told is not None:
            self._fold(told)

    def _fold(self, told: Told) -> None:
        if type(told) is Content:
            self._columns_of(told.campaign).tell(told)
        elif isinstance(told, Withdrawal):
            self._columns_of(told.campaign).withdraw(told.submission_id)
        elif isinstance(told, AccessGranted):
            self.grants.granted(told)
        elif isinstance(told, AccessRevoked):
            self.grants.revoked(told)

    def _columns_of(self, campaign: str) -> CampaignColumns:
        try:
            return self.campaigns[campaign]
        except KeyError:
            raise RejectEvent(f"campaign: {campaign!r} is not defined here") from None


def _tell_rows(columns: CampaignColumns) -> None:
    books = columns.books()
    ANALYTICS_ROWS.labels(campaign=columns.campaign.id, state="live").set(books.standing)
    ANALYTICS_ROWS.labels(campaign=columns.campaign.id, state="withdrawn").set(books.withdrawn)
