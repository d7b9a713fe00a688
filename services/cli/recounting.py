"""``dafangtan recount``: rules that change in mid-campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

recount_app = typer.Typer(help="活动中途更改计数规则：另行重算、看差别、切换。", no_args_is_help=True)

ByUnit = Annotated[bool, typer.Option("--by-unit", help="按责任单位列出差别，不写则按名额")]


@recount_app.callback()
def callback() -> None:
    """活动中途更改计数规则：另行重算、看差别、切换。"""


@recount_app.command("show")
def show(
    generation: Annotated[
        str | None,
        typer.Argument(help="与哪一份计数比较；不写则为已安装的活动定义的那一份", metavar="[GENERATION]"),
    ] = None,
    by_unit: ByUnit = False,
) -> None:
    """列出各份计数、各读到哪里，以及作战图所用的与另一份的差别。"""
    from services.cli import recounts

    raise typer.Exit(recounts.show(generation, by_unit=by_unit))


@recount_app.command("run")
def run(
    folders: Annotated[list[Path], typer.Argument(help="活动定义的文件夹，可写多个", metavar="DIR...")],
    by_unit: ByUnit = False,
) -> None:
    """在本命令里按另一套活动定义从头重算，列出差别；正在运行的服务和作战图不受影响，中断后再运行即从断处继续。"""
    from services.cli import recounts

    raise typer.Exit(recounts.run(folders, by_unit=by_unit))


@recount_app.command("switch")
def switch(
    generation: Annotated[
        str | None,
        typer.Argument(help="改用哪一份计数；不写则为已安装的活动定义的那一份", metavar="[GENERATION]"),
    ] = None,
    within: Annotated[float, typer.Option(help="最多等待多少秒，让它读完事件日志", min=0)] = 15.0,
) -> None:
    """让作战图改用另一份计数，各进程同时生效；它还没有读完事件日志时不切换，状态为 1。"""
    from services.cli import recounts

    raise typer.Exit(recounts.switch(generation, within))


@recount_app.command("drop")
def drop(
    generation: Annotated[str, typer.Argument(help="计数的编号，见 recount show", metavar="GENERATION")],
) -> None:
    """删除一份不再需要的计数；作战图正在用的不能删除。"""
    from services.cli import recounts

    raise typer.Exit(recounts.drop(generation))
