"""What the tests of analytics share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.analytics.app import build
from tests.services.running import ClockInTest, Engine, Running, running


@pytest.fixture
async def analytics(engine: Engine, tmp_path: Path, clock: ClockInTest) -> AsyncIterator[Running]:
    """The service, and the people who use it."""
    async with running(build, engine, tmp_path, clock) as service:
        service.be("analyst-1", "analyst")
        service.be("analyst-2", "analyst")
        service.be("ops", "operator")
        service.be("int", "interviewer", unit="kunshan")
        yield service
