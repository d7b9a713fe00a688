"""A replay that one can watch: the clock is driven, the days go by, and what the office is told appears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from services.demo.tempo import Conductor, begin_pace
from services.demo.watching import Backlog, Watching
from shared.campaign import Campaign

LOOK_EVERY_S = 0.5
NO_ANSWER_S = 2.0
"""After which the clock waits for a board that doesn't answer."""
DAYS_BETWEEN_LINES = 7
BEGINS_AT_HOUR = 8
TOLD_FROM_S = 1.0
"""By how little the clock may be late without a word at the end."""


class Live:
    """One replay at ``days_per_second``, from the first morning to the midnight after the last day.

    Its clock is the file at ``path``; it stands still until ``run``, and after it.
    """

    def __init__(self, path: Path, campaign: Campaign, days_per_second: float, console: Console) -> None:
        self._campaign = campaign
        self._days_per_second = days_per_second
        self._console = console
        self._days = (campaign.ends_on - campaign.starts_on).days + 1
        begin_pace(path, self._midnight + timedelta(hours=BEGINS_AT_HOUR), days_per_second)
        self.conductor = Conductor(path, self._midnight + timedelta(days=self._days), self._tell_held)
        self.last_day = campaign.ends_on
        self._told_day = 0
        self._backlog = Backlog()

    async def run(
        self, watching: Watching, play: Coroutine[Any, Any, None], accepted: Callable[[], int]
    ) -> None:
        """Let time run and ``play``, and show what happens, until all was sent and the last day has passed.

        ``accepted`` tells how many submissions were accepted so far.
        """
        self._say(f"从 {self._now()} 起重放，每秒 {self._days_per_second:g} 天，共 {self._days} 天。")
        with self._bar() as bar:
            task = bar.add_task("", total=self._days, counts="")

            async def look() -> None:
                self._show_day(await self._look(watching, accepted), bar, task)

            async with asyncio.TaskGroup() as group:
                looking = group.create_task(_again_and_again(look))
                async with asyncio.TaskGroup() as replaying:
                    replaying.create_task(self.conductor.run())
                    replaying.create_task(play)
                looking.cancel()
            await look()

    async def finish(self, watching: Watching) -> None:
        """Show the news that were still on their way, and how the clock did."""
        while await self._tell_news(watching):  # noqa: ASYNC110 - nobody tells when a notice comes
            await asyncio.sleep(LOOK_EVERY_S)
        if self.conductor.held_s >= TOLD_FROM_S:
            self._say(
                f"系统跟不上每秒 {self._days_per_second:g} 天：时钟共停了 {self.conductor.held_s:.1f} 秒。"
            )
        self._say(f"系统的时钟停在 {self._now()}。")

    async def _look(self, watching: Watching, accepted: Callable[[], int]) -> Mapping[str, Any]:
        """The board; the clock waits while it is behind, or doesn't answer."""
        answered = accepted()
        no_answer = asyncio.get_running_loop().call_later(NO_ANSWER_S, self._wait_for_board)
        try:
            board = await watching.board()
        finally:
            no_answer.cancel()
        self.conductor.is_behind = self._backlog.is_behind(answered, board["accepted"], time.monotonic())
        await self._tell_news(watching)
        return board

    def _show_day(self, board: Mapping[str, Any], bar: Progress, task: TaskID) -> None:
        day = min((self.conductor.now - self._midnight).days, self._days)
        counts = f"已接收 {board['accepted']:,}，已计入 {board['counted']:,}"
        bar.update(task, completed=day, description=self._now(), counts=counts)
        if not self._console.is_terminal and day >= self._told_day + DAYS_BETWEEN_LINES:
            self._told_day = day
            self._say(f"{self._now()} 第 {day} 天：{counts}")

    async def _tell_news(self, watching: Watching) -> bool:
        """Print what is new; whether anything was."""
        news = await watching.news()
        for each in news:
            self._say(f"  {self._moment(each.at)}  {each.subject}")
        return bool(news)

    def _wait_for_board(self) -> None:
        self.conductor.is_behind = True

    def _tell_held(self) -> None:
        self._say(f"系统跟不上每秒 {self._days_per_second:g} 天：时钟停下来等它。")

    def _bar(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("天  {task.fields[counts]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    @property
    def _midnight(self) -> datetime:
        """At which the first day begins."""
        return datetime.combine(self._campaign.starts_on, datetime.min.time(), self._campaign.timezone)

    def _now(self) -> str:
        return self._moment(self.conductor.now)

    def _moment(self, at: datetime) -> str:
        return f"{at.astimezone(self._campaign.timezone):%Y-%m-%d %H:%M}"

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False)


async def _again_and_again(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await look()
        await asyncio.sleep(LOOK_EVERY_S)
