"""``dafangtan reconcile``, ``rebuild``, ``dead-letters`` and ``audit``: the operator's commands."""

from __future__ import annotations

from typing import Annotated

import typer

dead_letters_app = typer.Typer(help="死信：未能处理的事件。", no_args_is_help=True)
audit_app = typer.Typer(help="审计记录：每一条含前一条的摘要。", no_args_is_help=True)


def reconcile(
    campaign: Annotated[str, typer.Option(help="活动")] = "suzhou-2024",
    within: Annotated[float, typer.Option(help="最多等待多少秒到达平静点", min=0)] = 15.0,
) -> None:
    """对账：事件日志、名额、分析三处的账目是否平衡；不平衡时状态为 1。"""
    from services.cli import operations

    raise typer.Exit(operations.reconcile(campaign, within))


def rebuild(service: Annotated[str, typer.Argument(help="quota 或 notify", metavar="SERVICE")]) -> None:
    """由事件日志重建一个服务的数据，并核对与原来一致；不一致时状态为 1。"""
    from services.cli import operations

    raise typer.Exit(operations.rebuild(service))


@dead_letters_app.command("list")
def list_dead_letters() -> None:
    """列出等待处理的死信及原因。"""
    from services.cli import operations

    raise typer.Exit(operations.list_dead_letters())


@dead_letters_app.command("replay")
def replay(
    consumer: Annotated[str, typer.Argument(help="quota、analytics 或 notify", metavar="CONSUMER")],
    ids: Annotated[list[str] | None, typer.Argument(help="死信编号；不写则全部", metavar="[ID]...")] = None,
) -> None:
    """把死信重新写入事件日志；已处理过的消费者会认出它们，不会重复计数。"""
    from services.cli import operations

    raise typer.Exit(operations.replay(consumer, ids or []))


@audit_app.command("verify")
def verify() -> None:
    """核验各服务的审计链；被改动过时说明是第几条，状态为 1。"""
    from services.cli import operations

    raise typer.Exit(operations.verify_audit())


@audit_app.command("list")
def list_audit(
    service: Annotated[str, typer.Argument(help="intake、analytics 或 release", metavar="SERVICE")],
    action: Annotated[str | None, typer.Option(help="只看这一种操作，如 amend、open_sealed")] = None,
    about: Annotated[str | None, typer.Option(help="只看关于它的：提交编号等")] = None,
) -> None:
    """列出一个服务的审计记录，从最早的一条起：谁、何时、做了什么，例如一份提交从哪个单位转到哪个单位。"""
    from services.cli import operations

    raise typer.Exit(operations.list_audit(service, action=action, about=about))
