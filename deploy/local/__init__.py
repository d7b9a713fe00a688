"""A real Apache Kafka and a real MongoDB on this machine, without root and without containers.

    python -m deploy.local get|start|stop|status

The tests start the same servers on free ports (`tests/servers.py`), so that what passes there has met
the real thing. Linux on x86-64 only: that is what the MongoDB binary is built for.
"""

from deploy.local.errors import DownloadFailed, LocalServerError, MissingTool, PortTaken, ServerFailed
from deploy.local.kafka import KafkaServer
from deploy.local.mongo import MongoServer

__all__ = [
    "DownloadFailed",
    "KafkaServer",
    "LocalServerError",
    "MissingTool",
    "MongoServer",
    "PortTaken",
    "ServerFailed",
]
