"""Keeps the two clocks apart: a store that was filled by one of them is never opened by the other.

A real campaign that ran on a replay's clock would have wrong days, ages, deadlines and grants, and nobody could mend
them later: what came when is nowhere else.
"""

from __future__ import annotations

from shared.consuming.backoff import Backoff
from shared.errors import Conflict, RetryLater
from shared.logging import get_logger
from shared.metrics import CLOCK_REPLAYED
from shared.platform import Health, Platform
from shared.replay_clock import ReplayClock
from shared.store.port import Collection

CLOCKS = Collection("clock.kinds")
_ONLY = "campaign"
_NAMES = {"system": "真实时钟", "replay": "重放时钟"}

_log = get_logger("clock")


async def bind_clock(platform: Platform) -> None:
    """Let the store belong to this process's kind of clock; ``CLOCKS`` must be open.

    Raises Conflict when it belongs to the other one, RetryLater.
    """
    kind = "replay" if isinstance(platform.clock, ReplayClock) else "system"

    await platform.store.insert_each(CLOCKS, [(_ONLY, {"kind": kind})])  # nothing where one stands
    document = await platform.store.get(CLOCKS, _ONLY)
    assert document is not None, "never deleted"
    if (stands := str(document.body["kind"])) != kind:
        raise Conflict(
            f"存储 {platform.settings.store_url} 里的数据是按{_NAMES[stands]}接收的，这里设置的是{_NAMES[kind]}"
            f"（DAFANGTAN_CLOCK={platform.settings.clock}）；请改用另一套存储和事件日志，或改正这项设置。",
            code="other-clock",
        )


class ClockGuard:
    """The component of a process that binds its store, and says on every occasion that the time isn't real."""

    name = "clock"
    crashed: BaseException | None = None

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._is_replayed = isinstance(platform.clock, ReplayClock)

    async def start(self) -> None:
        """Bind the store, before anything is read or taken in. Raises Conflict, which ends the process."""
        CLOCK_REPLAYED.set(self._is_replayed)
        if self._is_replayed:
            _log.warning("clock-is-replayed", setting=self._platform.settings.clock)
        backoff = Backoff()
        while True:
            try:
                await bind_clock(self._platform)
            except RetryLater as error:
                _log.warning("waiting", part=self.name, reason=str(error))
                await backoff.wait()
            else:
                return

    async def stop(self) -> None:
        """Nothing is held."""

    async def cancel(self) -> None:
        """Nothing runs."""

    def health(self) -> Health:
        """Ready; the detail says that this is a replay."""
        return Health(
            True, "活动时间由重放时钟给出，不是真实时间；正式活动不得使用" if self._is_replayed else ""
        )
