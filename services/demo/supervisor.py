"""Runs a system's processes beside the demo, and starts again what dies."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import DafangtanError
from shared.logging import get_logger

RESTART_AFTER_S = 0.5
DIED_AT_ONCE_S = 10.0
MOST_DEATHS_AT_ONCE = 3
STOP_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Command:
    """One process: the arguments after ``dafangtan``, and its whole environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


class CannotStart(DafangtanError):
    """A process dies again and again as soon as it is started; the message says of what."""


class Supervisor:
    """Keeps ``commands`` running until the block ends; each writes its log to ``<folder>/<name>.log``.

    They stop by themselves when this process is gone, be it killed: their standard input ends with it.
    The block is given up with CannotStart when one of them can't be started.
    """

    def __init__(self, commands: Sequence[Command], folder: Path) -> None:
        self._commands = commands
        self._folder = folder
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._is_stopping = False
        self._owner: asyncio.Task[object] | None = None
        self._failure: CannotStart | None = None
        self.restarts_count = 0

    async def __aenter__(self) -> Supervisor:
        self._owner = asyncio.current_task()
        self._folder.mkdir(parents=True, exist_ok=True)
        for command in self._commands:
            self._processes[command.name] = await self._start(command)
            self._keepers.append(asyncio.create_task(self._keep(command)))
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._is_stopping = True
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        _, late = await asyncio.wait(self._keepers, timeout=STOP_WITHIN_S)
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()
        if late:
            await asyncio.wait(late)
        if self._failure is not None and self._owner is not None:
            self._owner.uncancel()
            raise self._failure

    async def _start(self, command: Command) -> asyncio.subprocess.Process:
        with (self._folder / f"{command.name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.cli",
                *command.arguments,
                "--until-input-ends",
                env=dict(command.environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _keep(self, command: Command) -> None:
        loop = asyncio.get_running_loop()
        deaths_at_once = 0
        while True:
            started_at_s = loop.time()
            status = await self._processes[command.name].wait()
            if self._is_stopping:
                return
            deaths_at_once = deaths_at_once + 1 if loop.time() - started_at_s < DIED_AT_ONCE_S else 0
            if deaths_at_once == MOST_DEATHS_AT_ONCE:
                self._give_up(command)
                return
            get_logger("demo.supervisor").warning("process-died", process=command.name, status=status)
            self.restarts_count += 1
            await asyncio.sleep(RESTART_AFTER_S)
            if self._is_stopping:
                return
            self._processes[command.name] = await self._start(command)

    def _give_up(self, command: Command) -> None:
        log = self._folder / f"{command.name}.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        self._failure = CannotStart(
            f"进程 {command.name} 无法启动（日志 {log}）：{lines[-1] if lines else ''}"
        )
        self._is_stopping = True
        if self._owner is not None:
            self._owner.cancel()
