"""What the operator's commands do; each returns an exit status. What one alone needs is imported there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import typer

from services.cli.ground import build_platform
from services.cli.settings import ClientSettings
from shared.access import AuditEntry, AuditTrail
from shared.consuming import dead_letters
from shared.errors import Invalid
from shared.events import Topic
from shared.platform import Platform
from shared.settings import Settings
from shared.store.port import Collection, Counters

CONSUMERS = ("intake", "intake.points", "quota", "quota.obligations", "analytics", "notify")
AUDITED = ("intake", "analytics", "release")


def reconcile(campaign: str, within_s: float) -> int:
    """Print the reconciliation line; 0 when the books balance."""
    import httpx

    from services.cli.asking import operator_headers
    from services.cli.reconciling import wait_for_balance

    urls = ClientSettings()

    async def work(platform: Platform) -> int:
        async with httpx.AsyncClient(headers=operator_headers(urls), timeout=30, trust_env=False) as client:
            books = await wait_for_balance(campaign, platform.log, client, urls, within_s=within_s)
        typer.echo(books.line())
        return 0 if books.is_balanced else 1

    return with_platform(work)


def rebuild(service: str) -> int:
    """Rebuild a service's fold; 0 when it equals what stood. Raises Conflict for a store of the other clock."""
    from services.cli import rebuilding
    from services.cli.assembly import build_service
    from services.cli.clock_guard import CLOCKS, bind_clock

    async def work(platform: Platform) -> int:
        built = build_service(service, platform)
        runners = rebuilding.runners_of(built)
        await platform.store.open((CLOCKS, *built.collections))
        await bind_clock(platform)
        rebuilt = await rebuilding.rebuild(runners, platform.log, platform.store)
        done = f"{service} 已由 {rebuilt.event_count:,} 条事件重建"
        if rebuilt.is_equal:
            typer.echo(f"{done}，与原来一致（{rebuilt.after[:16]}）。")
            return 0
        typer.echo(
            f"{done}，与原来不一致：原 {rebuilt.before[:16]}，现 {rebuilt.after[:16]}，已改用重建的结果。"
            "原来的数据有错：请对账（dafangtan reconcile），并保留日志备查。",
            err=True,
        )
        return 1

    return with_platform(work)


def list_dead_letters() -> int:
    """Print every dead letter that waits."""

    async def work(platform: Platform) -> int:
        count = 0
        for consumer in CONSUMERS:
            async for letter in dead_letters.waiting(platform.store, consumer):
                typer.echo(f"{consumer}  {letter.id}  {letter.rejected_at}  {letter.reason}")
                count += 1
        typer.echo(f"共 {count} 条死信。")
        return 0

    return with_platform(work, *map(dead_letters.dead_letters_of, CONSUMERS))


def replay(consumer: str, ids: Sequence[str]) -> int:
    """Append dead letters to the log again: those named, or all. Raises Invalid, NotFound."""
    if consumer not in CONSUMERS:
        raise Invalid(f"没有消费者“{consumer}”，应为 {'、'.join(CONSUMERS)} 之一。")

    async def work(platform: Platform) -> int:
        wanted = ids or [letter.id async for letter in dead_letters.waiting(platform.store, consumer)]
        for id in wanted:
            await dead_letters.replay(platform.store, platform.log, consumer, id)
        typer.echo(f"已重放 {len(wanted)} 条。")
        return 0

    return with_platform(work, *map(dead_letters.dead_letters_of, CONSUMERS))


def verify_audit() -> int:
    """Verify every service's audit chain. Raises AuditBroken."""

    async def work(platform: Platform) -> int:
        for service in AUDITED:
            trail = AuditTrail(platform.store, service)
            await platform.store.open(trail.collections)
            chain = await trail.verify()
            typer.echo(f"{service}：{chain.count} 条，链完整，末条摘要 {chain.head_hash[:16]}。")
        return 0

    return with_platform(work)


def list_audit(service: str, *, action: str | None, about: str | None) -> int:
    """Print the entries of a service's trail: of one action, about one thing, or all. Raises Invalid."""
    if service not in AUDITED:
        raise Invalid(f"没有服务“{service}”的审计记录，应为 {'、'.join(AUDITED)} 之一。")

    async def work(platform: Platform) -> int:
        trail = AuditTrail(platform.store, service)
        await platform.store.open(trail.collections)
        count = 0
        async for entry in trail.all_entries():
            if action in (None, entry.action) and about in (None, entry.resource.get("id")):
                typer.echo(_audit_line(entry))
                count += 1
        typer.echo(f"共 {count} 条。")
        return 0

    return with_platform(work)


def _audit_line(entry: AuditEntry) -> str:
    told = [f"{name}={value}" for name, value in (*entry.resource.items(), *entry.details.items())]
    return "  ".join([str(entry.seq), entry.time, entry.actor["subject"], entry.action, " ".join(told)])


def with_platform(work: Callable[[Platform], Awaitable[int]], *collections: Collection | Counters) -> int:
    """Connect, run ``work``, let go."""

    async def connected() -> int:
        platform = build_platform(Settings())
        try:
            await platform.log.open(list(Topic), partition_count=platform.settings.partition_count)
            await platform.store.open(collections)
            return await work(platform)
        finally:
            await platform.log.close()
            await platform.store.close()

    return asyncio.run(connected())
