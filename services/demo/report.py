"""What the demo shows at its end: the board and one protected table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

STATUS_STYLES = {
    "ahead": "green",
    "on_track": "cyan",
    "at_risk": "yellow",
    "behind": "red",
    "done": "green",
    "missed": "red",
}


def board_table(progress: Mapping[str, Any]) -> Table:
    """The board (作战图): unit, quota, counted, share, status."""
    table = Table(title=f"{progress['name']} 作战图（{progress['on']}）", title_justify="left")
    table.add_column("责任单位")
    for heading in ("名额", "已计入", "完成比例"):
        table.add_column(heading, justify="right")
    table.add_column("状态")
    for line in progress["lines"]:
        style = STATUS_STYLES[line["status"]]
        share = f"{line['share']:.1%}"
        table.add_row(
            line["name"],
            f"{line['target']:,}",
            f"{line['counted']:,}",
            share,
            f"[{style}]{line['status_name']}[/{style}]",
        )
    total = f"{progress['counted'] / progress['target']:.1%}"
    table.add_section()
    table.add_row("全市（目标）", f"{progress['target']:,}", f"{progress['counted']:,}", total, "")
    return table
