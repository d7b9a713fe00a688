"""What the tests of the message board share."""

from __future__ import annotations

import asyncio

import pytest

from shared.access import watching
from tests.services.intake.app_board.backend import Backend, backend
from tests.services.running import Running


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of keys that changed is read at once, not within a second."""
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.0)


@pytest.fixture
async def app(intake: Running) -> Backend:
    """The app's backend, and the staff that replies."""
    intake.be("office", "office")
    intake.be("admin", "unit_admin", unit="taicang")
    intake.be("other", "unit_admin", unit="kunshan")
    return await asyncio.to_thread(backend, intake)
