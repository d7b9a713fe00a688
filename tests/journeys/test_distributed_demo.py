"""The whole system as processes over the real Kafka and MongoDB, as ``make demo-distributed`` runs it."""

import os
import signal

import pytest

from tests.journeys.conftest import eventually, free_ports
from tests.journeys.test_embedded_demo import check_ended_well

pytestmark = [pytest.mark.timeout(400), pytest.mark.kafka, pytest.mark.mongo]

PROCESSES = 8


@pytest.fixture
def demo(start_demo, kafka_server, mongo_url, topic_prefix):
    environment = {
        "DAFANGTAN_DEMO_LOG_URL": kafka_server.url,
        "DAFANGTAN_DEMO_STORE_URL": mongo_url,
        "DAFANGTAN_DEMO_TOPIC_PREFIX": topic_prefix,
    }
    demo = start_demo("--distributed", environment=environment, port=free_ports(PROCESSES))
    eventually(lambda: len(demo.children()) == PROCESSES)
    return demo


def wait_until_replaying(demo):
    eventually(lambda: "重放" in demo.text, within_s=120)


@pytest.mark.parametrize("victim", ["serve intake", "serve quota", "serve analytics", "serve notify"])
def test_any_service_can_be_killed(demo, victim):
    wait_until_replaying(demo)
    pid = next(pid for command, pid in demo.children().items() if victim in command)
    os.kill(pid, signal.SIGKILL)
    check_ended_well(demo)


def test_kafka_can_be_killed_and_started_again(demo, kafka_server):
    wait_until_replaying(demo)
    kafka_server.kill()
    kafka_server.start()
    kafka_server.wait_ready()
    check_ended_well(demo)


def test_mongodb_can_be_killed_and_started_again(demo, mongo_server):
    wait_until_replaying(demo)
    mongo_server.kill()
    mongo_server.start()
    mongo_server.wait_ready()
    check_ended_well(demo)
