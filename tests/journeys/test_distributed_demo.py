"""The whole system as processes over the real Kafka and MongoDB, as ``make demo-distributed`` runs it."""

import os
import signal

import pytest

from tests.journeys.conftest import eventually, free_ports
from tests.journeys.test_embedded_demo import check_ended_well

pytestmark = [pytest.mark.timeout(400), pytest.mark.kafka, pytest.mark.mongo]

PROCESSES = 8


@pytest.fixture
def demo(start_demo, kafka_url, mongo_url, topic_prefix):
    environment = {
        "DAFANGTAN_DEMO_LOG_URL": kafka_url,
        "DAFANGTAN_DEMO_STORE_URL": mongo_url,
        "DAFANGTAN_DEMO_TOPIC_PREFIX": topic_prefix,
    }
    demo = start_demo("--distributed", environment=environment, port=free_ports(PROCESSES))
    eventually(lambda: len(demo.children()) == PROCESSES)
    return demo


def wait_until_replaying(demo):
    eventually(lambda: "重放" in demo.text, within_s=120)


def test_every_service_and_kafka_and_mongodb_can_be_killed_and_started_again(
    demo, kafka_server, mongo_server
):
    wait_until_replaying(demo)
    for victim in ("quota", "analytics", "notify", "release", "intake"):
        pid = next(pid for command, pid in demo.children().items() if f"serve {victim}" in command)
        os.kill(pid, signal.SIGKILL)
    for server in (kafka_server, mongo_server):
        server.kill()
        server.start()
        server.wait_ready()
    check_ended_well(demo)
    assert "其间有 5 个进程中断并重新启动" in demo.text
