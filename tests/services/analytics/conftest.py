"""What the tests of analytics share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.analytics.app import build
from tests.services.release.running import ClockInTest, Engine, Running, running


@pytest.fixture
def clock() -> ClockInTest:
    """A clock that the test moves."""
    return ClockInTest()


@pytest.fixture(params=["embedded", pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.mongo])])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Both ways to run."""
    if request.param == "embedded":
        return Engine.embedded(tmp_path)
    kafka_url: str = request.getfixturevalue("kafka_server").url
    prefix: str = request.getfixturevalue("topic_prefix")
    return Engine(kafka_url, request.getfixturevalue("mongo_url"), prefix)


@pytest.fixture
async def analytics(engine: Engine, tmp_path: Path, clock: ClockInTest) -> AsyncIterator[Running]:
    """The service, and the people who use it."""
    async with running(build, engine, tmp_path, clock) as service:
        service.be("analyst-1", "analyst")
        service.be("analyst-2", "analyst")
        service.be("ops", "operator")
        service.be("int", "interviewer", unit="kunshan")
        yield service
