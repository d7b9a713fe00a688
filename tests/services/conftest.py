"""What the tests of services share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.quick_routes import make_quick
from tests.services.running import ClockInTest, Engine

make_quick()


@pytest.fixture
def clock() -> ClockInTest:
    """A clock that the test moves."""
    return ClockInTest()


@pytest.fixture(params=["embedded", pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.mongo])])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Both ways to run."""
    if request.param == "embedded":
        return Engine.embedded(tmp_path)
    kafka_url, mongo_url, prefix = map(request.getfixturevalue, ("kafka_url", "mongo_url", "topic_prefix"))
    return Engine(kafka_url, mongo_url, prefix)
