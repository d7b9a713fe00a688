"""A clock for replays: campaign time that runs so many days a second, as a file says.

The file anchors campaign time at a moment of real time, so that every process that reads it shows the same, and says
how far time may run: whoever drives the replay moves that on, and where the system can't keep up, doesn't. So the
clock stands still rather than run away, also when its driver is gone, and it never steps back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from shared.access import Watched
from shared.errors import DafangtanError
from shared.platform import Clock
from shared.privacy.files import write_private_file
from shared.real_time import RealClock, RealMoment, system_clock

SYSTEM = "system"
REPLAY = "replay:"
LOOK_EVERY_S = 0.1
"""How soon at the latest every process knows what was written."""


class PaceUnusable(DafangtanError):
    """The file of a replay's clock can't be used as it is; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How campaign time runs: from ``begins_at``, at the real moment ``anchored_at``, ``days_per_second`` campaign days
    each real second, until ``until``, where it stands still. All moments are aware."""

    begins_at: datetime
    anchored_at: RealMoment
    days_per_second: float
    until: datetime

    def at(self, real: RealMoment) -> datetime:
        """The campaign's time, in UTC."""
        left = self.until - self.begins_at
        passed_days = max(0.0, (real - self.anchored_at).total_seconds()) * self.days_per_second
        is_over = passed_days >= left / timedelta(days=1)
        return (self.begins_at + (left if is_over else timedelta(days=passed_days))).astimezone(UTC)

    def stands_still_at(self, real: RealMoment) -> bool:
        """Whether it has come to ``until``."""
        return self.at(real) >= self.until

    def extended(self, until: datetime) -> Pace:
        """The same, with leave to run until then, or until where it already had it."""
        return replace(self, until=max(self.until, until))

    def resumed(self, at: RealMoment, until: datetime) -> Pace:
        """From where this one stands still on, beginning at that real moment."""
        return replace(self, begins_at=self.until, anchored_at=at, until=max(self.until, until))


class ReplayClock:
    """A ``Clock`` (``shared.platform``) that runs as the file at ``path`` says. Raises PaceUnusable."""

    def __init__(
        self,
        path: Path,
        real_clock: RealClock = system_clock,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = Watched(path, read_pace, clock=seconds, look_every_s=LOOK_EVERY_S)
        self._real_clock = real_clock
        self._last = self._pace.content().begins_at.astimezone(UTC)

    def __call__(self) -> datetime:
        """The campaign's time; never earlier than what it said before."""
        self._last = max(self._last, self._pace.content().at(self._real_clock()))
        return self._last


def read_pace(path: Path) -> Pace:
    """What the file says. Raises PaceUnusable."""
    try:
        pace = msgspec.json.decode(path.read_bytes(), type=Pace)
    except OSError as error:
        raise PaceUnusable(
            f"无法读取重放时钟 {path}：{error.strerror}。它由 dafangtan demo --days-per-second 写成。"
        ) from error
    except msgspec.DecodeError as error:
        raise PaceUnusable(f"重放时钟 {path} 的内容无效：{error}。") from error
    if None in (pace.begins_at.tzinfo, pace.anchored_at.tzinfo, pace.until.tzinfo):
        raise PaceUnusable(f"重放时钟 {path} 的时间没有写明时区。")
    return pace


def write_pace(path: Path, pace: Pace) -> None:
    """Put it in place of what the file said; a reader meets the one or the other."""
    write_private_file(path, msgspec.json.encode(pace))


def clock_of(setting: str) -> Clock:
    """The campaign's clock that ``DAFANGTAN_CLOCK`` names. Raises PaceUnusable."""
    return system_clock if setting == SYSTEM else ReplayClock(Path(setting.removeprefix(REPLAY)))
