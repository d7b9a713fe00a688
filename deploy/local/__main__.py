"""`python -m deploy.local get|start|stop|status|environment`: a real Kafka and a real MongoDB for development."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import LocalServerError
from deploy.local.kafka import KafkaServer
from deploy.local.mongo import MongoServer
from deploy.local.places import DEFAULT_FOLDER, downloads_folder
from deploy.local.server import Server

INTERRUPTED = 130  # as the shell has it: 128 + SIGINT


def get(servers: list[Server]) -> int:
    for server in servers:
        _say(f"{server.name} 已下载：{server.get(_say)}")
    return os.EX_OK


def start(servers: list[Server]) -> int:
    for server in servers:
        server.get(_say)
        server.start()
    for server in servers:
        _say(f"等待 {server.name} 就绪 ……")
        server.wait_ready()
    _say("两个服务器均已就绪：")
    _say("\n".join(f"  {server.name}  {server.url}  日志 {server.log}" for server in servers))
    return os.EX_OK


def stop(servers: list[Server]) -> int:
    for server in servers:
        was_running = server.pid() is not None
        server.stop()
        _say(f"{server.name} {'已停止' if was_running else '本来就没有运行'}。")
    return os.EX_OK


def status(servers: list[Server]) -> int:
    ready = [server.pid() is not None and server.is_ready() for server in servers]
    for server, is_ready in zip(servers, ready, strict=True):
        _say(f"{server.name}  {'就绪' if is_ready else '未就绪' if server.pid() else '未运行'}  {server.url}")
    return os.EX_OK if all(ready) else 1


def environment(servers: list[Server]) -> int:
    """The settings that point the distributed demo at these servers, wherever they listen; the demo has a
    database of its own."""
    kafka, mongo = servers
    _say(f"DAFANGTAN_DEMO_LOG_URL={kafka.url}")
    _say(f"DAFANGTAN_DEMO_STORE_URL={mongo.url.replace('/dafangtan?', '/dafangtan_demo?')}")
    return os.EX_OK


COMMANDS: dict[str, Callable[[list[Server]], int]] = {
    "get": get,
    "start": start,
    "stop": stop,
    "status": status,
    "environment": environment,
}


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    downloads = downloads_folder(asked.dir)
    servers: list[Server] = [
        KafkaServer(asked.dir / "kafka", downloads, asked.kafka_port),
        MongoServer(asked.dir / "mongo", downloads, asked.mongo_port),
    ]
    try:
        return COMMANDS[asked.command](servers)
    except LocalServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断；未完成的下载下次会重新开始。", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local", description="在本机运行真实的 Kafka 和 MongoDB。"
    )
    parser.add_argument(
        "command",
        choices=COMMANDS,
        help="get 下载；start 启动；stop 停止；status 查看状态；environment 列出演示用的设置",
    )
    parser.add_argument(
        "--dir", type=Path, default=DEFAULT_FOLDER, help="数据和下载所在的目录（默认 var/servers）"
    )
    parser.add_argument("--kafka-port", type=int, help="Kafka 的端口（默认为上次所用，首次为 9092）")
    parser.add_argument("--mongo-port", type=int, help="MongoDB 的端口（默认为上次所用，首次为 27017）")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
