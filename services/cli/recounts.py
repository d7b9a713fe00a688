"""What the commands of ``dafangtan recount`` do; each returns an exit status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.clock_guard import CLOCKS, bind_clock
from services.cli.operations import with_platform
from services.cli.rebuilding import LOOK_EVERY_S, read_to_end
from services.cli.recount_tables import difference_table, generations_table
from services.quota.app import runner_of
from services.quota.generations import REGISTRY, Generation, Known, known_generations
from services.quota.handlers import QuotaHandler
from services.quota.recount.difference import Counted, moved_by_line, moved_by_unit
from services.quota.recount.switching import Ends, Switch, drop_generation, reach_of, unknown
from services.quota.store import MILESTONES, sums_in
from shared.campaign import Campaign, load_campaign
from shared.consuming import Outbox
from shared.errors import Invalid
from shared.events import Topic
from shared.platform import Platform

Campaigns = Mapping[str, Campaign]

_console = Console(highlight=False)


def show(wanted: str | None, *, by_unit: bool) -> int:
    """Print the generations, and the difference of the live one to ``wanted``. Raises NotFound."""

    async def work(platform: Platform) -> int:
        known = await _open_known(platform)
        if not known:
            typer.echo("还没有任何计数。")
            return 0
        own = Generation.of(platform.campaigns)
        ends = await platform.log.ends(Topic.SUBMISSIONS)
        reaches = [await reach_of(platform.store, each.generation, ends) for each in known]
        _console.print(generations_table(list(zip(known, reaches, strict=True)), own))
        other = _other(known, wanted, own)
        if other is None:
            typer.echo("没有可比较的另一份计数。" if len(known) == 1 else "请写明与哪一份计数比较。")
            return 0
        await _show_difference(platform, platform.campaigns, known[0].generation, other, by_unit=by_unit)
        return 0

    return with_platform(work, *REGISTRY)


def run(folders: Sequence[Path], *, by_unit: bool) -> int:
    """Count by the definitions in ``folders`` beside what is live, and print the difference.

    Raises CampaignInvalid, Invalid before anything was counted, and Conflict for a store of the other clock.
    """
    defined = {campaign.id: campaign for campaign in map(load_campaign, folders)}

    async def work(platform: Platform) -> int:
        await bind_clock(platform)
        known = await _open_known(platform)
        if not known:
            raise Invalid("还没有任何计数，不必另行重算：请先启动 quota。")
        live = known[0].generation
        other = Generation.of({**platform.campaigns, **defined})
        if other == live:
            typer.echo(f"计数规则与作战图所用的（{live.id}）相同，不必重算。")
            return 0
        await _count(replace(platform, campaigns={**platform.campaigns, **defined}), other)
        await _show_difference(platform, defined, live, other, by_unit=by_unit)
        typer.echo(
            f"已按新规则算出 {other.id}；装上新的定义并重启 quota 之后，用 dafangtan recount switch 切换。"
        )
        return 0

    return with_platform(work, CLOCKS, *REGISTRY)


def switch(wanted: str | None, within_s: float) -> int:
    """Show ``wanted`` (None: what the installed definitions count) from now on. Raises NotFound, Conflict."""

    async def work(platform: Platform) -> int:
        await bind_clock(platform)
        known = await _open_known(platform)
        own = Generation.of(platform.campaigns)
        target = _named(known, wanted or own.id)
        ends = await platform.log.ends(Topic.SUBMISSIONS)
        await _wait_until_read(platform, target, ends, within_s)
        outbox = Outbox("quota", log=platform.log, store=platform.store, clock=platform.real_clock)
        await platform.store.open([MILESTONES, outbox.collection])
        replaced = known[0].generation
        await Switch(target, replaced).make(
            platform.store, outbox, platform.campaigns, ends, platform.clock()
        )
        if target != own:
            typer.echo("本机的活动定义是另一套规则：目标、名称等仍以它为准，请装上相应的定义并重启 quota。")
        typer.echo(
            f"作战图已改用 {target.id}，各进程同时生效；原来的 {replaced.id} 仍保留，不再需要时可以 drop。"
        )
        return 0

    return with_platform(work, CLOCKS, *REGISTRY)


def drop(wanted: str) -> int:
    """Remove a generation that isn't live. Raises NotFound, Conflict."""

    async def work(platform: Platform) -> int:
        target = _named(await _open_known(platform), wanted)
        await drop_generation(platform.store, target)
        typer.echo(f"已删除 {target.id}。")
        return 0

    return with_platform(work, *REGISTRY)


async def _wait_until_read(platform: Platform, generation: Generation, ends: Ends, within_s: float) -> None:
    """Give whoever counts ``generation`` so many seconds to come to ``ends``."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if not (await reach_of(platform.store, generation, ends)).missing_count:
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _open_known(platform: Platform) -> list[Known]:
    """Every generation, opened, the live one first."""
    known = await known_generations(platform.store)
    for each in known:
        await platform.store.open(each.generation.all_collections)
    return known


def _named(known: Sequence[Known], id: str) -> Generation:
    for each in known:
        if each.generation.id == id:
            return each.generation
    raise unknown(id)


def _other(known: Sequence[Known], wanted: str | None, own: Generation) -> Generation | None:
    """What to hold against the live one: what is asked for, else that of the installed definitions, else the only
    one; None where that isn't clear."""
    if wanted is not None:
        return _named(known, wanted)
    others = [each.generation for each in known if not each.is_live]
    return own if own in others else others[0] if len(others) == 1 else None


async def _count(platform: Platform, generation: Generation) -> None:
    """Read the log to its end by the rules of ``platform``, with a progress bar. Nothing of what is live is touched."""
    outbox = Outbox("quota", log=platform.log, store=platform.store, clock=platform.real_clock)
    runner = runner_of(QuotaHandler(platform.campaigns, clock=platform.clock), platform, outbox)
    await platform.store.open([*runner.collections, MILESTONES, outbox.collection])
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=_console,
        disable=not _console.is_terminal,
    )
    if not _console.is_terminal:
        typer.echo(f"按新规则重算（{generation.id}）……")
    with bar:
        task = bar.add_task("按新规则重算", total=None)

        async def look() -> None:
            ends = await platform.log.ends(Topic.SUBMISSIONS)
            reach = await reach_of(platform.store, generation, ends)
            bar.update(task, total=reach.event_count, completed=reach.read_count)

        await read_to_end(runner, look)
        await look()


async def _show_difference(
    platform: Platform, campaigns: Campaigns, live: Generation, other: Generation, *, by_unit: bool
) -> None:
    """By the lines and targets of what is installed before, and of ``campaigns`` after."""
    moved_by = moved_by_unit if by_unit else moved_by_line
    for id, campaign in campaigns.items():
        before = Counted(platform.campaigns.get(id, campaign), await sums_in(platform.store, live, id))
        after = Counted(campaign, await sums_in(platform.store, other, id))
        moved = moved_by(before, after)
        if moved:
            _console.print(difference_table(campaign, moved, live, other))
        else:
            typer.echo(f"{campaign.name}：{live.id} 与 {other.id} 没有差别。")
