"""The local servers keep what they acknowledged, over kills and changes of port, and say what is wrong."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient

from deploy.local import KafkaServer, MongoServer, PortTaken, ServerFailed
from deploy.local.places import downloads_folder
from deploy.local.server import HOST, free_port
from tests.servers import ROOT, ensure_running


async def test_kafka_keeps_what_it_acknowledged_over_a_kill(
    kafka_server: KafkaServer, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}kept"
    await _append(kafka_server.bootstrap, topic, b"before the crash")
    await asyncio.to_thread(kafka_server.kill)
    assert not kafka_server.is_ready()
    await asyncio.to_thread(ensure_running, kafka_server)
    assert await _first(kafka_server.bootstrap, topic) == b"before the crash"


async def _append(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        value: bytes = (await consumer.getone()).value
        return value


def test_mongo_keeps_what_it_acknowledged_over_a_kill(mongo_server: MongoServer, mongo_url: str) -> None:
    with MongoClient[dict[str, str]](mongo_url) as client:
        client.get_default_database()["kept"].insert_one({"_id": "before the crash"})
    mongo_server.kill()
    assert not mongo_server.is_ready()
    ensure_running(mongo_server)
    with MongoClient[dict[str, str]](mongo_url) as client:
        assert client.get_default_database()["kept"].find_one() == {"_id": "before the crash"}


@pytest.mark.mongo
def test_mongo_starts_on_another_port_with_the_same_data(tmp_path: Path) -> None:
    assert _count_starts(MongoServer(tmp_path, downloads_folder(), free_port())) == 1
    assert _count_starts(MongoServer(tmp_path, downloads_folder(), free_port())) == 2


def _count_starts(server: MongoServer) -> int:
    """Starts the server, notes that in it, and stops it; returns the notes."""
    try:
        ensure_running(server)
        with MongoClient[dict[str, int]](server.url) as client:
            client.admin["starts"].insert_one({"port": server.port})
            return client.admin["starts"].count_documents({})
    finally:
        server.stop()


@pytest.mark.mongo
def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            MongoServer(tmp_path, downloads_folder(), port).start()


@pytest.mark.mongo
def test_a_server_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "storage.bson").write_bytes(b"this is not BSON")
    server = MongoServer(tmp_path, downloads_folder(), free_port())
    server.start()
    with pytest.raises(ServerFailed, match="storage engine metadata"):
        server.wait_ready()
    assert server.pid() is None


def test_another_program_with_the_old_process_number_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "server.pid").write_text(f"{os.getpid()}\n")
    server = MongoServer(tmp_path, downloads_folder())
    assert server.pid() is None
    server.kill()


@pytest.mark.kafka
@pytest.mark.mongo
def test_the_command_starts_shows_and_stops_both(tmp_path: Path) -> None:
    ports = [f"--kafka-port={free_port()}", f"--mongo-port={free_port()}"]
    assert _command(tmp_path, "status").returncode == 1
    try:
        started = _command(tmp_path, "start", *ports)
        assert started.returncode == 0, started.stderr
        again = _command(tmp_path, "start")
        assert again.returncode == 0, again.stderr
        shown = _command(tmp_path, "status")  # without ports: they are those of the last start
        assert (shown.returncode, shown.stdout.count(" 就绪 ")) == (0, 2)
    finally:
        stopped = _command(tmp_path, "stop")
    assert (stopped.returncode, stopped.stdout.count("已停止")) == (0, 2)
    assert _command(tmp_path, "stop").stdout.count("本来就没有运行") == 2


def _command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *words, "--dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "DAFANGTAN_SERVERS_DIR": str(downloads_folder())},
        capture_output=True,
        text=True,
        check=False,
    )
