"""``dafangtan reconcile``, ``rebuild``, ``dead-letters`` and ``audit``: the operator's commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import httpx
import typer

from services.cli.assembly import SERVICES, build_platform, check_service
from services.cli.local import local_issuer
from services.cli.rebuilding import rebuild as rebuild_fold
from services.cli.rebuilding import runner_of
from services.cli.reconciling import wait_for_balance
from services.cli.settings import ClientSettings
from shared.access import AuditTrail, Role
from shared.consuming import dead_letters
from shared.events import Topic
from shared.platform import Platform
from shared.settings import Settings
from shared.store.port import Collection, Counters

dead_letters_app = typer.Typer(help="死信：未能处理的事件。", no_args_is_help=True)
audit_app = typer.Typer(help="审计链。", no_args_is_help=True)

CONSUMERS = ("quota", "analytics", "notify")
AUDITED = ("intake", "analytics", "release")


@audit_app.callback()
def callback() -> None:
    """审计链。"""


def _with_platform(work: Callable[[Platform], Awaitable[int]], *collections: Collection | Counters) -> None:
    """Connect, run ``work``, and exit with its status."""

    async def connected() -> int:
        platform = build_platform(Settings())
        await platform.log.open(list(Topic), partition_count=platform.settings.partition_count)
        await platform.store.open(collections)
        try:
            return await work(platform)
        finally:
            await platform.log.close()
            await platform.store.close()

    raise typer.Exit(asyncio.run(connected()))


def operator_token(urls: ClientSettings) -> str:
    """The token for asking services: from the settings, else from the local issuer."""
    return urls.token or local_issuer(Settings()).issue("operator", [Role.OPERATOR], lifetime_s=600)


def reconcile(
    campaign: Annotated[str, typer.Option(help="活动")] = "suzhou-2024",
    within: Annotated[float, typer.Option(help="最多等待多少秒到达平静点", min=0)] = 15.0,
) -> None:
    """对账：事件日志、名额、分析三处的账目是否平衡；不平衡时状态为 1。"""
    urls = ClientSettings()
    headers = {"Authorization": f"Bearer {operator_token(urls)}"}

    async def work(platform: Platform) -> int:
        async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
            books = await wait_for_balance(campaign, platform.log, client, urls, within_s=within)
        typer.echo(books.line())
        return 0 if books.is_balanced else 1

    _with_platform(work)


def rebuild(service: Annotated[str, typer.Argument(help="quota 或 notify", metavar="SERVICE")]) -> None:
    """由事件日志重建一个服务的数据，并核对与原来一致；不一致时状态为 1。"""
    check_service(service)

    async def work(platform: Platform) -> int:
        built = SERVICES[service](platform)
        runner = runner_of(built)
        await platform.store.open(built.collections)
        rebuilt = await rebuild_fold(runner, platform.store)
        if rebuilt.is_equal:
            typer.echo(f"{service} 已重建，与原来一致（{rebuilt.after[:16]}）。")
            return 0
        typer.echo(
            f"{service} 已重建，与原来不一致：原 {rebuilt.before[:16]}，现 {rebuilt.after[:16]}。"
            "若重建期间有新事件到达，属正常；否则请对账。",
            err=True,
        )
        return 1

    _with_platform(work)


@dead_letters_app.command("list")
def list_dead_letters() -> None:
    """列出等待处理的死信及原因。"""

    async def work(platform: Platform) -> int:
        count = 0
        for consumer in CONSUMERS:
            async for letter in dead_letters.waiting(platform.store, consumer):
                typer.echo(f"{consumer}  {letter.id}  {letter.rejected_at}  {letter.reason}")
                count += 1
        typer.echo(f"共 {count} 条死信。")
        return 0

    _with_platform(work, *map(dead_letters.dead_letters_of, CONSUMERS))


@dead_letters_app.command("replay")
def replay(
    consumer: Annotated[str, typer.Argument(help="、".join(CONSUMERS), metavar="CONSUMER")],
    ids: Annotated[list[str] | None, typer.Argument(help="死信编号；不写则全部", metavar="[ID]...")] = None,
) -> None:
    """把死信重新写入事件日志；已处理过的消费者会认出它们，不会重复计数。"""

    async def work(platform: Platform) -> int:
        wanted = ids or [letter.id async for letter in dead_letters.waiting(platform.store, consumer)]
        for id in wanted:
            await dead_letters.replay(platform.store, platform.log, consumer, id)
        typer.echo(f"已重放 {len(wanted)} 条。")
        return 0

    _with_platform(work, *map(dead_letters.dead_letters_of, CONSUMERS))


@audit_app.command("verify")
def verify() -> None:
    """核验各服务的审计链；被改动过时说明是第几条，状态为 1。"""

    async def work(platform: Platform) -> int:
        for service in AUDITED:
            trail = AuditTrail(platform.store, service)
            await platform.store.open(trail.collections)
            chain = await trail.verify()
            typer.echo(f"{service}：{chain.count} 条，链完整，末条摘要 {chain.head_hash[:16]}。")
        return 0

    _with_platform(work)
