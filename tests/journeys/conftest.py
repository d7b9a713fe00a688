"""Running ``dafangtan`` as a user does, as a process of its own."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCALE = "0.03"


_STARTS = itertools.count(20_000 + 4_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), 20)
"""Where this worker looks for ports next: no other worker looks there, and no other test."""


def free_ports(count: int) -> int:
    """The first of ``count`` (at most 20) free ports in a row."""
    for start in itertools.islice(_STARTS, 200):
        try:
            for port in range(start, start + count):
                with closing(socket.socket()) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return start
    raise AssertionError("no free ports")


class Demo:
    """One ``dafangtan demo --exit`` under way."""

    def __init__(self, arguments: list[str], environment: dict[str, str], output: Path) -> None:
        self.output = output
        with output.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "demo", "--exit", "--scale", SCALE, *arguments],
                cwd=ROOT,
                env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self, within_s: float = 240) -> int:
        """Wait for the end; the exit status."""
        return self._process.wait(within_s)

    @property
    def text(self) -> str:
        """What it printed so far."""
        return self.output.read_text()

    def children(self) -> dict[str, int]:
        """The pids of its service processes, by what was asked of each."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(status[1]) == self._process.pid:
                found[b" ".join(command[3:-2]).decode()] = int(entry.name)
        return found

    def terminate(self) -> None:
        """Ask it to end, as an init system does."""
        self._process.terminate()

    def kill(self, *, with_what_it_started: bool = True) -> None:
        """kill -9 of the demo and everything it started, or of the demo alone."""
        children = self.children().values() if with_what_it_started else ()
        for pid in (*children, self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.wait()


def eventually(condition: Callable[[], object], *, within_s: float = 60) -> object:
    """Wait until ``condition`` holds, and return what it gave."""
    deadline_s = time.monotonic() + within_s
    while not (outcome := condition()):
        assert time.monotonic() < deadline_s, f"still not: {condition}"
        time.sleep(0.02)
    return outcome


def reconciliation(text: str) -> re.Match[str] | None:
    """The reconciliation line of a demo's output."""
    return re.search(
        r"对账：已接收 ([\d,]+) = 名额各项合计 ([\d,]+)（.*）= 分析 ([\d,]+) \+ 撤回 ([\d,]+)；账目平衡", text
    )


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts demos that are gone when the test ends."""
    demos: list[Demo] = []

    def start(*arguments: str, environment: dict[str, str] | None = None, port: int) -> Demo:
        output = tmp_path / f"demo-{len(demos)}.txt"
        folder = ["--folder", str(tmp_path / "demo"), "--port", str(port)]
        demos.append(Demo([*folder, *arguments], environment or {}, output))
        return demos[-1]

    yield start
    for demo in demos:
        if demo._process.poll() is None:
            demo.kill()
