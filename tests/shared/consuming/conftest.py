"""The two engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymongo import MongoClient

from deploy.local import KafkaServer, MongoServer
from tests.shared.consuming.worlds import Engine

SERVERS = pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.mongo], id="kafka+mongo")


@pytest.fixture(params=["embedded", SERVERS])
def engine(request: pytest.FixtureRequest) -> Engine:
    """SQLite for both, or Kafka and MongoDB."""
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def embedded(tmp_path: Path) -> Engine:
    """SQLite for both."""
    return Engine(f"sqlite:///{tmp_path}/log.db", f"sqlite:///{tmp_path}/store.db")


@pytest.fixture
def servers(kafka_url: str, topic_prefix: str, mongo_url: str) -> Engine:
    """Kafka and MongoDB."""
    return Engine(kafka_url, mongo_url, topic_prefix)


@pytest.fixture
def own_servers(
    kafka_server: KafkaServer, topic_prefix: str, mongo_server: MongoServer, mongo_url: str
) -> Engine:
    """Kafka and MongoDB, to be killed or to be hurried."""
    with MongoClient[dict[str, object]](mongo_server.url) as client:
        # What a killed process had begun is given up that soon, not only after a minute.
        client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=3)
    return Engine(kafka_server.url, mongo_url, topic_prefix, kafka_server, mongo_server)
