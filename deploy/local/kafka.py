"""One-node Apache Kafka (KRaft: broker and controller in one process)."""

import os
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.downloads import get_kafka
from deploy.local.errors import ServerFailed
from deploy.local.server import HOST, Server, free_port
from deploy.local.tools import Report, require

# Any 16 bytes in base64 will do: this cluster never meets another.
_CLUSTER_ID = "ZGFmYW5ndGFuLWxvY2FsMQ"
_LOGGING = Path(__file__).with_name("log4j2.xml")

# - topics are made on purpose, never by a typing error, and keep their messages for ever;
# - at rest nothing is written: by default the controller appends a record of nothing twice a second;
# - 2 s: after kill -9 the broker is let back in that soon (9 s by default);
# - single replicas and few partitions of the internal topics: there is one node.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
log.retention.ms=-1
metadata.max.idle.interval.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class KafkaServer(Server):
    """A broker on 127.0.0.1 that keeps its topics over restarts and kills."""

    name = "Kafka"
    default_port = 9092

    @property
    def url(self) -> str:
        return f"kafka://{HOST}:{self.port}"

    @property
    def bootstrap(self) -> str:
        """The address for a Kafka client."""
        return f"{HOST}:{self.port}"

    def get(self, report: Report) -> Path:
        return get_kafka(self.downloads, report)

    def is_ready(self) -> bool:
        """Whether the broker counts itself among the brokers that may be used (registered and not fenced)."""
        try:
            return _count_brokers(self.port) > 0
        except (OSError, struct.error):
            return False

    def _launch(self, files: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        data = self.folder / "data"
        properties = self.folder / "server.properties"
        properties.write_text(
            _PROPERTIES.format(host=HOST, port=self.port, controller_port=free_port(), data=data)
        )
        java = [require("java", "Java (java)", "Kafka"), f"-Dlog4j2.configurationFile={_LOGGING}"]
        classes = ["-cp", f"{files}/*"]
        if not (data / "meta.properties").is_file():
            self._format([*java, *classes], properties)
        heap = ["-Xms128m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError"]
        return [*java, *heap, *classes, "kafka.Kafka", str(properties)], os.environ

    def _format(self, java: Sequence[str], properties: Path) -> None:
        """Writes the empty cluster's metadata; the last file it writes says that it is done."""
        command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerFailed(self.name, "未能初始化数据目录", done.stdout + done.stderr)


def _count_brokers(port: int) -> int:
    """Asks for the cluster's metadata (Kafka protocol, Metadata request version 1, of no topics)."""
    client_id = b"dafangtan-local"
    header = struct.pack(f">hhih{len(client_id)}s", 3, 1, 1, len(client_id), client_id)
    request = header + struct.pack(">i", 0)
    with socket.create_connection((HOST, port), timeout=2.0) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:
            _size, _correlation_id, brokers = struct.unpack(">iii", answer.read(12))
    return int(brokers)
