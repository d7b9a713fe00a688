"""What the two servers have in common: a daemon with a folder, a port, a log, and a process to find again."""

import os
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from deploy.local.errors import PortTaken, ServerFailed
from deploy.local.tools import Report

HOST = "127.0.0.1"
_POLL_S = 0.05
_START_S = 60.0
_STOP_S = 30.0


class Server(ABC):
    """One server with its data in one folder.

    The process outlives the program that started it: whoever makes a `Server` of the same folder can stop it.
    A server that was stopped or killed starts again with the same data.
    """

    name: ClassVar[str]
    default_port: ClassVar[int]

    def __init__(self, folder: Path, downloads: Path, port: int | None = None) -> None:
        """The data are in `folder`, the server's files in `downloads`.

        Without a port it is the one of the last start in this folder, else the server's usual one.
        """
        self.folder = folder.resolve()
        self.downloads = downloads.resolve()
        self.log = self.folder / "server.log"
        self._pid_file = self.folder / "server.pid"
        self._port_file = self.folder / "server.port"
        self.port = port or self._last_port() or self.default_port
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for the product's settings."""

    @abstractmethod
    def get(self, report: Report) -> Path:
        """Downloads the server's files unless they are there; returns their folder."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server does its work at this moment: asked over its own protocol."""

    @abstractmethod
    def _launch(self, files: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """Prepares the folder; returns the command, which must name the folder, and its environment."""

    def start(self) -> None:
        """Starts the daemon; `wait_ready` says when it works. Does nothing when it runs already.

        Raises `PortTaken`, and what `get` raises.
        """
        if self.pid() is not None:
            return
        files = self.get(lambda _: None)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not is_free(self.port):
            raise PortTaken(self.name, self.port)
        command, environment = self._launch(files)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal isn't meant for it
            )
        self._port_file.write_text(f"{self.port}\n")
        self._pid_file.write_text(f"{self._child.pid}\n")

    def wait_ready(self, timeout_s: float = _START_S) -> None:
        """Returns when the server works; raises `ServerFailed` when it ended by itself or took too long."""
        if not _until(lambda: self.pid() is None or self.is_ready(), timeout_s):
            raise self._failure(f"在 {timeout_s:.0f} 秒内未就绪")
        if self.pid() is None:
            raise self._failure("已自行退出")

    def stop(self) -> None:
        """Ends the server in good order, if it runs. Raises `ServerFailed` if it won't end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server as a crash does; what it had acknowledged is there after a restart."""
        self._end(signal.SIGKILL)

    def pid(self) -> int | None:
        """The process, if it runs."""
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        # The number may be another program's by now; the command of an ended process is empty.
        return pid if str(self.folder).encode() in command else None

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, how)
        if not _until(lambda: self.pid() is None, _STOP_S):
            raise self._failure(f"在 {_STOP_S:.0f} 秒内未能停止")

    def _last_port(self) -> int | None:
        return int(self._port_file.read_text()) if self._port_file.is_file() else None

    def _failure(self, reason: str) -> ServerFailed:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        return ServerFailed(self.name, reason, "\n".join(lines[-15:]))


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections don't count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on at this moment.

    It is below the range that Linux gives to clients (32768 and up): while a server is down, no client's own
    end of a connection may take its port.
    """
    while not is_free(port := random.randrange(20_000, 32_000)):
        pass
    return port


def _until(holds: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
