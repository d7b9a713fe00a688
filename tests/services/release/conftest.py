"""What the tests of release share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.release.app import build
from tests.services.running import ClockInTest, Engine, Running, running


@pytest.fixture
async def release(engine: Engine, tmp_path: Path, clock: ClockInTest) -> AsyncIterator[Running]:
    """The service, and the people who use it."""
    async with running(build, engine, tmp_path, clock) as service:
        service.be("ann", "analyst")
        service.be("bob", "unit_admin", unit="kunshan")
        service.be("lee", "leading_group")
        service.be("liu", "leading_group", "analyst")
        service.be("off", "office")
        service.be("int", "interviewer", unit="kunshan")
        service.be("ops", "operator")
        yield service
