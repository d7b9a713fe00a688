"""What the tests of notify share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.notify.app import build
from shared.campaign import Campaign
from tests.services.notify.mail_server import MailServerInTest
from tests.services.running import ClockInTest, Engine, Running, running
from tests.suzhou import suzhou

SENDER_ADDRESS = "dafangtan@example.invalid"


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    """The worked example."""
    return suzhou()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServerInTest]:
    """A real SMTP server."""
    server = MailServerInTest()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def mail_settings(mail_server: MailServerInTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name the mail server."""
    monkeypatch.setenv("DAFANGTAN_SMTP_URL", mail_server.url)
    monkeypatch.setenv("DAFANGTAN_SMTP_SENDER", SENDER_ADDRESS)


@pytest.fixture
async def notify(
    mail_settings: None, engine: Engine, tmp_path: Path, clock: ClockInTest
) -> AsyncIterator[Running]:
    """The service, with a mail server, and the people who use it."""
    async with running(build, engine, tmp_path, clock) as service:
        service.be("ann", "analyst")
        service.be("off", "office")
        service.be("bob", "unit_admin", unit="kunshan")
        service.be("lee", "leading_group")
        service.be("ops", "operator")
        yield service
