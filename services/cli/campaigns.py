"""``dafangtan campaign``: campaign definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

campaign_app = typer.Typer(help="活动定义。", no_args_is_help=True)


@campaign_app.callback()
def callback() -> None:
    """活动定义。"""


@campaign_app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="活动定义的文件夹", metavar="DIR")],
) -> None:
    """检查活动定义：逐条列出文件、行号和原因。"""
    from services.intake.channels.hotline.definition import check_hotline
    from shared.campaign import check as check_definition
    from shared.campaign import load_campaign

    problems = sorted({*check_definition(folder), *check_hotline(folder)})
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        typer.echo(f"共 {len(problems)} 处问题，修改后再检查。", err=True)
        raise typer.Exit(1)
    campaign = load_campaign(folder)
    typer.echo(
        f"{campaign.name}（{campaign.id}，版本 {campaign.version}）："
        f"{len(campaign.quota_lines)} 个名额，{len(campaign.units)} 个责任单位，"
        f"{len(campaign.points)} 个访谈点，{len(campaign.editions)} 份问卷，没有问题。"
    )
