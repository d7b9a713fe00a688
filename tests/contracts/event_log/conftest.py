"""The same tests for both adapters of the event log."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.log import open_log
from shared.log.port import EventLog
from tests.contracts.event_log.things import PARTITION_COUNT, TOPICS, open_patiently

MakeLog = Callable[[], EventLog]


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the log of the test is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/log.db"
    return str(request.getfixturevalue("kafka_url"))


@pytest.fixture
def log_prefix(request: pytest.FixtureRequest, log_url: str) -> str:
    """What keeps the test apart from others in a shared log."""
    return str(request.getfixturevalue("topic_prefix")) if log_url.startswith("kafka") else "t."


@pytest.fixture
async def make_log(log_url: str, log_prefix: str) -> AsyncIterator[MakeLog]:
    """Makes logs that aren't opened yet, all in the same place; they are closed after the test."""
    made: list[EventLog] = []

    def make() -> EventLog:
        made.append(open_log(log_url, topic_prefix=log_prefix))
        return made[-1]

    yield make
    for log in made:
        await log.close()


@pytest.fixture
async def log(make_log: MakeLog) -> EventLog:
    """Opened with the topics in things.py."""
    log = make_log()
    await open_patiently(log, TOPICS, PARTITION_COUNT)
    return log
