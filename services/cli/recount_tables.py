"""What ``dafangtan recount`` shows, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from services.quota.generations import Generation, Known
from services.quota.model import BUCKET_NAMES, ELIGIBLE, Bucket
from services.quota.recount.difference import Moved
from services.quota.recount.switching import Reach
from shared.campaign import Campaign


def generations_table(known: Sequence[tuple[Known, Reach]], own: Generation) -> Table:
    """Every generation, and how far it has read; ``own`` is that of the installed definitions."""
    table = Table(title="各份计数", title_justify="left")
    table.add_column("编号")
    table.add_column("开始于（UTC）")
    table.add_column("已读事件", justify="right")
    table.add_column("说明", overflow="fold")
    for each, reach in known:
        notes = ["作战图所用"] * each.is_live + ["本机的活动定义"] * (each.generation == own)
        read = f"{reach.read_count:,} / {reach.event_count:,}"
        begun_at = each.begun_at[:16].replace("T", " ")
        table.add_row(each.generation.id, begun_at, read, "，".join(notes))
    return table


def difference_table(
    campaign: Campaign, moved: Sequence[Moved], live: Generation, other: Generation
) -> Table:
    """What another generation would change, a row for each bucket that changes."""
    table = Table(title=f"{campaign.name}：{live.id} 与 {other.id} 的差别", title_justify="left")
    table.add_column("名额或单位")
    table.add_column("项")
    for heading in (live.id, other.id, "差"):
        table.add_column(heading, justify="right")
    for each in moved:
        bucket = "符合全部条件" if each.bucket == ELIGIBLE else BUCKET_NAMES[Bucket(each.bucket)]
        table.add_row(
            each.name,
            bucket,
            f"{each.before:,}",
            f"{each.after:,}",
            f"{each.after - each.before:+,}",
        )
    return table
