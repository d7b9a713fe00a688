"""Settings of intake."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.settings import DafangtanSettings


class IntakeSettings(DafangtanSettings):
    """What intake needs to know beyond the shared settings."""

    intake_spool_dir: Path = Field(
        Path("var/run/spool"), description="where accepted submissions wait while the event log is away"
    )
    intake_when_log_is_away: Literal["spool", "refuse"] = Field(
        "spool",
        description="spool: keep submissions on disk and accept them; refuse: answer 503 (pods without a disk)",
    )
    intake_line_limit_bytes: int = Field(
        65_536, ge=1024, description="the longest line of an NDJSON batch, as for a single submission"
    )
