"""``dafangtan demo``: the Suzhou campaign of 2024, replayed through the public HTTP API."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

INTERRUPTED = 130  # as the shell has it: 128 + SIGINT


def demo(
    exit: Annotated[bool, typer.Option("--exit", help="结束后退出：账目平衡则状态为 0，否则为 1")] = False,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="每个服务一个进程，使用 Kafka 和 MongoDB（先 make servers）")
    ] = False,
    seed: Annotated[int, typer.Option(help="同一个种子得到同一场活动")] = 2024,
    scale: Annotated[float, typer.Option(help="规模，1 为苏州 2024 年的规模", min=0.01, max=100)] = 1.0,
    folder: Annotated[Path, typer.Option(help="数据所在的文件夹")] = Path("var/demo"),
    days_per_second: Annotated[
        float | None,
        typer.Option(
            help="逐日重放整场活动，每秒这么多天；不写则尽快重放半程", min=0.01, max=100, show_default=False
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="第一个端口")] = 8000,
) -> None:
    """演示：启动系统，经公开的 HTTP 接口重放一场苏州 2024 年规模的活动，并对账。"""
    from services.cli.demo_run import Demo
    from services.cli.demo_systems import distributed_system, embedded_system

    system_of = distributed_system if distributed else embedded_system
    system = system_of(folder, port, is_replay=days_per_second is not None)
    try:
        status = asyncio.run(Demo(system, seed, scale, days_per_second, stays=not exit).run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        status = INTERRUPTED
    raise typer.Exit(status)
