"""Runs docker-compose.yml's services as processes, with their own commands, environments and health checks.

What a container engine would map (host names, ports, mounted files) is mapped to this machine; nothing else
is changed.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.local.server import free_port
from tests.servers import ROOT

IMAGE = "dafangtan"
PORT = "8000"
ASK_EVERY_S = 0.2


def read_compose() -> dict[str, Any]:
    """The file as Compose sees it: anchors merged, variables at their defaults."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "docker-compose.yml").read_text())
    compose: dict[str, Any] = yaml.safe_load(text)
    return compose


def own_services(compose: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The services that run this project's image."""
    return {name: service for name, service in compose["services"].items() if service["image"] == IMAGE}


def entrypoint() -> list[str]:
    """The `dafangtan` command as pyproject.toml declares it, without the need to install it."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["dafangtan"].partition(":")
    return [sys.executable, "-c", f"import sys; from {module} import {function}; sys.exit({function}())"]


@dataclass(frozen=True)
class Machine:
    """What stands for the containers' world: `servers` maps host:port to host:port; `folder` has files."""

    folder: Path
    servers: Mapping[str, str]

    def map(self, text: str) -> str:
        """A text of the Compose file with this machine's addresses and paths."""
        paths = {
            "/run/secrets": str(self.folder / "secrets"),
            "/var/lib/dafangtan": str(self.folder / "data"),
            "/app/": f"{ROOT}/",
        }
        for theirs, ours in {**self.servers, **paths}.items():
            text = text.replace(theirs, ours)
        return text


class Container:
    """One service of the file, as a process."""

    def __init__(self, name: str, service: Mapping[str, Any], machine: Machine) -> None:
        self.name = name
        self._port = str(free_port())
        self._log = machine.folder / f"{name}.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            **{key: machine.map(value) for key, value in service["environment"].items()},
        }
        command = [self._port if word == PORT else word for word in service["command"]]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*entrypoint(), *command], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        kind, program, *words = service["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "dafangtan")
        self._health = [*entrypoint(), *(word.replace(f":{PORT}/", f":{self._port}/") for word in words)]

    def is_healthy(self) -> bool:
        """Runs the health check as the engine does."""
        assert self._process.poll() is None, f"{self.name} ended by itself:\n{self.output()}"
        if not self._listens():  # not worth a process yet
            return False
        checked = subprocess.run(
            self._health, cwd=ROOT, env=self._environment, capture_output=True, timeout=30, check=False
        )
        return checked.returncode == 0

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self._port))) == 0

    def terminate(self) -> None:
        """Asks it to end, as `docker compose stop` does."""
        self._process.send_signal(signal.SIGTERM)

    def exit_status(self, timeout_s: float) -> int:
        """Waits for its end."""
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """Ends it if it still runs."""
        self._process.kill()
        self._process.wait()

    def output(self) -> str:
        """What it wrote, for a failing test's message."""
        return self._log.read_text(errors="replace")[-3000:]


def wait_until(holds: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Asks until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(ASK_EVERY_S)
