"""What every service is built from; made once by the command line from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.access import Access
from shared.campaign import Campaign
from shared.errors import NotFound
from shared.log.port import EventLog
from shared.real_time import RealClock, system_clock
from shared.settings import Settings
from shared.store.port import Store

Clock = Callable[[], datetime]
"""Gives the campaign's time, aware, in UTC: the real time, but in a replay (``shared.replay_clock``)."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a component can do its work now, and in one sentence why not."""

    is_ready: bool
    detail: str = ""


class Component(Protocol):
    """Something with a life of its own inside a service: a consumer, a relay, a sender."""

    @property
    def name(self) -> str:
        """How health and logs call it: ``<service>.<what>``."""

    async def start(self) -> None:
        """Begin. Returns soon; what is away is waited for in the background."""

    async def stop(self) -> None:
        """Finish what is under way, take nothing new, let go. Safe to call twice."""

    async def cancel(self) -> None:
        """End what is under way where it waits: stopping took too long, or failed. When this returns, nothing runs
        on that would use log or store. Safe at any time after ``start``, and after ``stop``."""

    def health(self) -> Health:
        """As of now, without waiting."""

    @property
    def crashed(self) -> BaseException | None:
        """The bug that ended it, if one did; the process then stops with status 1."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The ports and definitions that all services share.

    ``clock`` is the campaign's: what came or was decided when, which day it is, what is due. ``real_clock`` is for all
    that isn't part of the campaign: authentication, leases, retries, the order of the outbox.
    """

    settings: Settings
    log: EventLog
    store: Store
    campaigns: Mapping[str, Campaign]
    access: Access
    clock: Clock = system_clock
    real_clock: RealClock = system_clock

    def campaign(self, id: str) -> Campaign:
        """The campaign called ``id``. Raises NotFound."""
        try:
            return self.campaigns[id]
        except KeyError:
            raise NotFound(f"没有名为“{id}”的活动。", code="unknown-campaign") from None
