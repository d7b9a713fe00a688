"""``dafangtan up`` and ``dafangtan serve``: run the services.

Here and in the other command modules, what is slow to import is imported where it is used: a health check runs
every few seconds beside each service.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread
from typing import Annotated
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import typer

Host = Annotated[str, typer.Option(help="监听地址")]
Port = Annotated[int, typer.Option(help="监听端口")]
UntilInputEnds = Annotated[
    bool, typer.Option("--until-input-ends", help="标准输入结束时停止（由启动它的程序使用）", hidden=True)
]


def up(host: Host = "127.0.0.1", port: Port = 8000, *, until_input_ends: UntilInputEnds = False) -> None:
    """在一个进程里运行全部服务（内置引擎，默认）。"""
    from services.cli.assembly import SERVICES, build_app
    from services.cli.local import make_local_secrets
    from shared.http import run
    from shared.logging import configure_logging
    from shared.settings import Settings

    configure_logging()
    _watch_input(until_it_ends=until_input_ends)
    settings = Settings()
    make_local_secrets(settings)
    raise typer.Exit(run(build_app(SERVICES, settings), host, port, grace_s=settings.stop_grace_s))


def serve(
    service: Annotated[
        str, typer.Argument(help="intake、quota、analytics、release、notify 之一", metavar="SERVICE")
    ],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    *,
    until_input_ends: UntilInputEnds = False,
) -> None:
    """在这个进程里只运行一个服务（分布式）。"""
    from services.cli.assembly import build_app
    from shared.http import run
    from shared.logging import configure_logging
    from shared.settings import Settings

    configure_logging()
    _watch_input(until_it_ends=until_input_ends)
    settings = Settings()
    raise typer.Exit(run(build_app([service], settings), host, port, grace_s=settings.stop_grace_s))


def healthcheck(
    url: Annotated[str, typer.Argument(help="例如 http://127.0.0.1:8000/readyz")],
) -> None:
    """查询一个健康检查地址：就绪则状态为 0，否则打印原因，状态为 1。"""
    try:
        # No proxy: a health check asks the process beside it.
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            typer.echo(answer.read().decode())
    except HTTPError as error:
        typer.echo(error.read().decode(), err=True)
        raise typer.Exit(1) from None
    except (URLError, OSError, ValueError) as error:
        typer.echo(f"{url} 没有应答：{error}", err=True)
        raise typer.Exit(1) from None


def _watch_input(*, until_it_ends: bool) -> None:
    if until_it_ends:
        Thread(target=_stop_when_input_ends, name="input", daemon=True).start()


def _stop_when_input_ends() -> None:
    """Stop as if asked to: whoever held the other end is gone, however it went."""
    descriptor = sys.stdin.fileno()  # sys.stdin itself would be locked by this when the process ends
    while os.read(descriptor, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
