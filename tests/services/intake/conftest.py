"""What the tests of intake share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake.app import build
from tests.services.running import ClockInTest, Engine, Running, running


@pytest.fixture
async def intake(
    engine: Engine, tmp_path: Path, clock: ClockInTest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """The service, its channels' frontends, and the people who use it."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_ATTACHMENTS_DIR", str(tmp_path / "attachments"))
    async with running(build, engine, tmp_path, clock) as service:
        service.be_channels()
        service.be("lead", "team_lead", unit="zhangjiagang")
        service.be("stranger", "team_lead", unit="kunshan")
        service.be("ann", "analyst")
        yield service
