"""A run of the demo: start the system, replay the campaign, hold the books, show what stands."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.demo_live import Live
from services.cli.demo_systems import CAMPAIGN, DemoSystem
from services.cli.ground import load_campaigns
from services.cli.reconciling import Books, wait_for_balance
from services.demo.channels.everybody import Everybody
from services.demo.client import PatientClient
from services.demo.protected_table import granted_table, rendered
from services.demo.replay import Replay
from services.demo.report import board_table
from services.demo.scenario import Scenario, build_scenario
from services.demo.supervisor import Supervisor
from services.demo.tempo import AtOnce
from services.demo.watching import Watching
from shared.campaign import Campaign
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import Topic
from shared.http import CantListen, check_free
from shared.log import open_log
from shared.log.port import EventLog
from shared.real_time import system_clock
from shared.settings import Settings

BALANCE_WITHIN_S = 120.0
SHOWN_SURPRISES = 10
PORTS_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.1
HALF_WAY_ON = date(2024, 7, 16)

Play = Callable[[Callable[[int], None]], Awaitable[None]]
"""Replays a scenario; its argument is told how many more steps are done."""


@dataclass(frozen=True)
class Demo:
    """One run: the system, what is replayed, at which pace (None: at once), and whether it stays up afterwards."""

    system: DemoSystem
    seed: int
    scale: float
    days_per_second: float | None = None
    stays: bool = False
    console: Console = field(default_factory=lambda: Console(highlight=False))

    async def run(self) -> int:
        """The exit status: 0 when the books balance at the expected numbers and no answer surprised.

        Raises CantListen and CannotStart.
        """
        say = self.console.print
        current = asyncio.current_task()
        assert current is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)  # as for SIGINT
        say(f"大访谈演示：数据在 {self.system.folder}，种子 {self.seed}。")
        await self._wait_for_ports()
        campaign = load_campaigns(self.system.settings)[CAMPAIGN]
        live = self._live(campaign)
        scenario = build_scenario(campaign, self.seed, self.scale, is_whole=live is not None)
        async with (
            Supervisor(self.system.commands, self.system.folder / "logs") as supervisor,
            httpx.AsyncClient(timeout=60, trust_env=False) as http,
        ):
            client = PatientClient(http)
            await client.ready(self.system.urls)
            started_s = time.perf_counter()
            watching = Watching(client, self.system.urls, CAMPAIGN, self.system.tokens["office"])
            replay, everybody = await self._replay(client, scenario, live, watching)
            books = await self._balance(http, scenario.expected_accepted)
            took_s = time.perf_counter() - started_s
            if live is not None:
                await live.finish(watching)
            await self._show(client, books, live)
            surprises = [*replay.surprises, *everybody.surprises]
            self._show_replay(surprises, scenario, took_s, supervisor.restarts_count)
            is_well = books.is_balanced and books.accepted == scenario.expected_accepted
            is_well = is_well and books.rows_withdrawn == scenario.expected_withdrawn
            if not is_well:
                say(
                    f"[red]应接收 {scenario.expected_accepted:,}、撤回 {scenario.expected_withdrawn:,}，"
                    "与账目不符。[/red]"
                )
            if self.stays:
                self._show_what_next()
                await _interrupted()
        return 0 if is_well and not surprises else 1

    async def _wait_for_ports(self) -> None:
        """Until all are free: what a killed demo had started may just be stopping. Raises CantListen."""
        deadline_s = time.monotonic() + PORTS_WITHIN_S
        for url in self.system.documentation.values():
            address = urlsplit(url)
            while True:
                try:
                    check_free(address.hostname or "", address.port or 0)
                except CantListen:
                    if time.monotonic() >= deadline_s:
                        raise
                    await asyncio.sleep(LOOK_AGAIN_S)
                else:
                    break

    def _live(self, campaign: Campaign) -> Live | None:
        if self.days_per_second is None:
            return None
        return Live(self.system.pace_file, campaign, self.days_per_second, self.console)

    async def _replay(
        self, client: PatientClient, scenario: Scenario, live: Live | None, watching: Watching
    ) -> tuple[Replay, Everybody]:
        tempo = AtOnce() if live is None else live.conductor
        replay = Replay(client, self.system.urls.intake, self.system.token_for, tempo)
        everybody = Everybody(client, self.system.urls.intake, self.system.credentials, tempo)

        async def play(advance: Callable[[int], None]) -> None:
            async with asyncio.TaskGroup() as clients:
                clients.create_task(replay.run(scenario.steps, advance))
                clients.create_task(everybody.run(scenario, advance))

        def accepted() -> int:
            return replay.accepted_count + everybody.accepted_count

        if live is None:
            await self._at_once(play, scenario.task_count)
        else:
            await live.run(watching, play(lambda _: None), accepted)
        return replay, everybody

    async def _at_once(self, play: Play, task_count: int) -> None:
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        if not self.console.is_terminal:
            self.console.print(f"重放 {task_count:,} 步……")
        with bar:
            task = bar.add_task("重放", total=task_count)
            await play(lambda count: bar.advance(task, count))

    async def _balance(self, http: httpx.AsyncClient, accepted_count: int) -> Books:
        settings = self.system.settings
        log = open_log(settings.log_url, topic_prefix=settings.topic_prefix)
        http.headers["Authorization"] = f"Bearer {self.system.tokens['operator']}"
        try:
            await _open(log, settings)
            return await wait_for_balance(
                CAMPAIGN,
                log,
                http,
                self.system.client_settings,
                within_s=BALANCE_WITHIN_S,
                accepted_count=accepted_count,
            )
        finally:
            await log.close()

    async def _show(self, client: PatientClient, books: Books, live: Live | None) -> None:
        urls, tokens = self.system.urls, self.system.tokens
        on, now = (HALF_WAY_ON, system_clock()) if live is None else (live.last_day, live.conductor.now)
        board_url = f"{urls.quota}/quota/v1/campaigns/{CAMPAIGN}/progress?on={on}"
        answer = await client.send("GET", board_url, token=tokens["office"])
        self.console.print(board_table(answer.json()))
        table = await granted_table(client, urls, CAMPAIGN, tokens, now)
        self.console.print(rendered(table))
        self.console.print(books.line(), soft_wrap=True)

    def _show_replay(
        self, surprises: Sequence[str], scenario: Scenario, took_s: float, restarts_count: int
    ) -> None:
        say = self.console.print
        rate = scenario.expected_accepted / took_s
        say(
            f"访谈和问卷 {scenario.expected_forms:,} 份，其中 ODK Collect {len(scenario.collected):,} 份、"
            f"Excel {len(scenario.tabulated):,} 份；微信、APP 和热线留言 {scenario.talks.message_count:,} 条。"
        )
        say(f"从第一份提交到最后一行计入：{took_s:.1f} 秒，每秒 {rate:,.0f} 份。")
        if restarts_count:
            say(f"其间有 {restarts_count} 个进程中断并重新启动。")
        for surprise in surprises[:SHOWN_SURPRISES]:
            say(f"[red]意外的应答[/red] {surprise}", soft_wrap=True)

    def _show_what_next(self) -> None:
        say = self.console.print
        for name, url in self.system.documentation.items():
            say(f"接口文档（{name}）：{url}/docs")
        say("可试用的令牌（请求头 Authorization: Bearer …，12 小时有效）：")
        for role, token in self.system.tokens.items():
            say(f"  {role}: {token}", soft_wrap=True)
        say("系统仍在运行；按 Ctrl-C 结束。")


async def _open(log: EventLog, settings: Settings) -> None:
    """Open ``log``, patiently: it may have been killed, and be about to come back."""
    backoff = Backoff()
    give_up_s = time.monotonic() + BALANCE_WITHIN_S
    while True:
        try:
            await log.open(list(Topic), partition_count=settings.partition_count)
        except RetryLater:
            if time.monotonic() > give_up_s:
                raise
            await backoff.wait()
        else:
            return


async def _interrupted() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
