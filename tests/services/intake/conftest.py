"""What the tests of intake share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake.app import build
from tests.services.running import ClockInTest, Engine, Running, running, until


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
        await points_are_read(service)
        yield service


async def points_are_read(intake: Running) -> None:
    """Wait until it is known which points units have set up: before, nobody is told that there is none."""
    reading = next(each for each in intake.service.components if each.name == "intake.points.follower")

    async def are_read() -> bool:
        return not reading.health().detail

    await until(are_read, "the points that units have set up")


EMBEDDED_ROOMS = frozenset(
    (
        *("activities", "app_board", "arrivals", "attachments", "cases", "excel", "handling", "hotline"),
        *("obligations", "openrosa", "quarantine", "receipts", "unsealing", "wechat"),
    )
)
EMBEDDED_FILES = frozenset(("test_cloud_events.py", "test_limits.py", "test_messages.py"))
"""What adapters understand doesn't depend on the engine, and all of them end in the same use cases, which are
tested on both: here, a test runs on the servers too only if it says so."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the servers would add nothing to."""
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    is_in_room = item.path.parent.name in EMBEDDED_ROOMS and item.path.parent.parent.name == "intake"
    if not is_in_room and item.path.name not in EMBEDDED_FILES:
        return False
    return item.get_closest_marker("mongo") is not None and item.get_closest_marker("servers_too") is None
