"""What all parts of intake stand on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property

from services.intake.door import Door
from services.intake.gate import Gate
from services.intake.handlers import Submitting
from services.intake.judging import Judging
from services.intake.limiting import Buckets, Limit
from services.intake.own_points import OwnPoints
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from services.intake.spool import Room
from shared.access import AuditTrail, Watched
from shared.consuming import Outbox
from shared.platform import Platform
from shared.privacy import KeyRing, Privacy


class Ground:
    """Keys, doors, units' own points, outbox and audit trail of intake over ``platform``, and its way into the log.

    Raises KeysUnusable when the campaigns' keys aren't there.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.settings = IntakeSettings()
        self.keys = Watched(platform.settings.keys_file, KeyRing.load)
        self.privacies: Mapping[str, Privacy] = {id: Privacy.live(self.keys, id) for id in platform.campaigns}
        self.doors = {id: Door(campaign, self.privacies[id]) for id, campaign in platform.campaigns.items()}
        self.own_points = OwnPoints(platform)
        self.outbox = Outbox("intake", log=platform.log, store=platform.store, clock=platform.real_clock)
        self.audit = AuditTrail(platform.store, "intake")

    @property
    def is_spooling(self) -> bool:
        """Whether what comes while the log is away waits on disk."""
        return self.settings.intake_when_log_is_away == "spool"

    @cached_property
    def gate(self) -> Gate:
        """The way into the log."""
        settings = self.settings
        space = Space(settings.intake_spool_dir, settings.intake_free_space_floor_bytes)
        return Gate(
            self.platform.log,
            settings.intake_spool_dir,
            Room(space, settings.intake_spool_limit_bytes),
            clock=self.platform.clock,
            is_spooling=self.is_spooling,
        )

    @cached_property
    def uploads(self) -> Buckets:
        """How much each sender may bring, through whichever door."""
        settings = self.settings
        return Buckets(
            Limit.CHANNEL_KEY, per_s=settings.intake_key_bytes_per_s, burst=settings.intake_key_burst_bytes
        )

    @cached_property
    def submitting(self) -> Submitting:
        """The one use case that takes submissions in."""
        platform = self.platform
        return Submitting(
            judging=Judging(self.own_points, platform.clock, timedelta(seconds=self.settings.intake_ahead_s)),
            doors=self.doors,
            access=platform.access,
            store=platform.store,
            gate=self.gate,
            clock=platform.clock,
        )
