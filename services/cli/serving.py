"""``dafangtan up`` and ``dafangtan serve``: run the services."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from services.cli.assembly import SERVICES, build_app, check_service
from services.cli.local import make_local_secrets
from shared.http import run
from shared.logging import configure_logging
from shared.settings import Settings

Host = Annotated[str, typer.Option(help="监听地址")]
Port = Annotated[int, typer.Option(help="监听端口")]


def up(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """在一个进程里运行全部服务（内置引擎，默认）。"""
    configure_logging()
    settings = Settings()
    make_local_secrets(settings)
    raise typer.Exit(run(build_app(list(SERVICES), settings), host, port, grace_s=settings.stop_grace_s))


def serve(
    service: Annotated[str, typer.Argument(help="、".join(SERVICES), metavar="SERVICE")],
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """在这个进程里只运行一个服务（分布式）。"""
    configure_logging()
    check_service(service)
    settings = Settings()
    raise typer.Exit(run(build_app([service], settings), host, port, grace_s=settings.stop_grace_s))


def healthcheck(
    url: Annotated[str, typer.Argument(help="例如 http://127.0.0.1:8000/readyz")],
) -> None:
    """查询一个健康检查地址：就绪则状态为 0，否则打印原因，状态为 1。"""
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        typer.echo(f"{url} 没有应答：{error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(answer.text)
    raise typer.Exit(0 if answer.is_success else 1)
