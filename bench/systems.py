"""Servers for benches: an intake over real engines, with keys and data in a folder of their own."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import HOST
from deploy.local import KafkaServer, MongoServer
from deploy.local.places import downloads_folder
from deploy.local.server import Server, free_port
from services.cli.local import make_local_secrets
from shared.access import add_channel_key
from shared.real_time import system_clock
from shared.settings import Settings

ENGINES = ("sqlite", "distributed")
CHANNEL = "offline"
MONGO_CACHE_GB = 4.0
"""A MongoDB on a machine with 9 GB has it, by its own default."""
INTAKE = ("services.cli", "serve", "intake")
VALIDATING = ("bench.reference", "validating")
TRIVIAL = ("bench.reference", "trivial")


@dataclass(frozen=True, slots=True)
class System:
    """Settings of a system whose files lie in ``folder``, and the key of its channel ``CHANNEL``."""

    folder: Path
    environment: Mapping[str, str]
    channel_key: str

    @asynccontextmanager
    async def serving(self, command: Sequence[str]) -> AsyncIterator[int]:
        """Run ``python -m <command>`` with these settings meanwhile; gives the port that it listens on."""
        async with self.process(command) as (_, port):
            yield port

    @asynccontextmanager
    async def process(self, command: Sequence[str]) -> AsyncIterator[tuple[int, int]]:
        """As ``serving``; gives the process's id, and the port."""
        port = free_port()
        with (self.folder / f"{command[0]}-{command[1]}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", *command, "--port", str(port)),
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        try:
            await _answering(process, port)
            yield process.pid, port
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def system(engine: str) -> AsyncIterator[System]:
    """A system over fresh ``engine``s: embedded SQLite, or a Kafka and a MongoDB of its own."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        if engine == "sqlite":
            yield _system(folder, f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/store.db")
            return
        kafka, mongo = await stack.enter_async_context(servers(folder))
        yield _system(folder, kafka.url, mongo.url)


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[tuple[KafkaServer, MongoServer]]:
    """Both, fresh, with their data in ``folder``."""
    kafka = KafkaServer(folder / "kafka", downloads_folder(), free_port())
    mongo = MongoServer(folder / "mongo", downloads_folder(), free_port(), cache_gb=MONGO_CACHE_GB)
    async with AsyncExitStack() as stack:
        for server in (kafka, mongo):
            stack.callback(server.stop)
            await asyncio.to_thread(start_server, server)
        yield kafka, mongo


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder on the disk of this checkout (that of temporary files may be memory); removed afterwards."""
    parent = Path("var")
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as name:
        yield Path(name).resolve()


def start_server(server: Server) -> None:
    """Start it and wait until it answers."""
    server.start()
    server.wait_ready()


def _system(folder: Path, log_url: str, store_url: str) -> System:
    environment = {
        "DAFANGTAN_LOG_URL": log_url,
        "DAFANGTAN_STORE_URL": store_url,
        "DAFANGTAN_KEYS_FILE": str(folder / "keys.json"),
        "DAFANGTAN_CHANNEL_KEYS_FILE": str(folder / "channel-keys.json"),
        "DAFANGTAN_INTERVIEWERS_FILE": str(folder / "interviewers.json"),
        "DAFANGTAN_ISSUER_FILE": str(folder / "issuer.json"),
        "DAFANGTAN_OIDC_KEYS_URL": f"file:{folder / 'issuer-public.json'}",
        "DAFANGTAN_INTAKE_SPOOL_DIR": str(folder / "spool"),
        "DAFANGTAN_INTAKE_IMPORTS_DIR": str(folder / "imports"),
    }
    names = {name.removeprefix("DAFANGTAN_").lower(): value for name, value in environment.items()}
    settings = Settings.model_validate(names)
    make_local_secrets(settings)
    key, _ = add_channel_key(settings.channel_keys_file, CHANNEL, now=system_clock())
    return System(folder, environment, key)


async def _answering(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until the server answers a request with anything but «not yet»."""
    while process.returncode is None:
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
        except OSError:
            answer = b""
        if answer and b" 503 " not in answer[:20]:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the server ended with status {process.returncode}")
