"""``dafangtan quarantine``: what could not be accepted and waits, sealed, for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

quarantine_app = typer.Typer(help="隔离区：未能接收而封存待处理的原始提交。", no_args_is_help=True)

PAGE_COUNT = 500


@quarantine_app.command("list")
def list_items(
    campaign: Annotated[str, typer.Option(help="活动")] = "suzhou-2024",
    reason: Annotated[str | None, typer.Option(help="只列这种原因，如 unknown-form-version")] = None,
) -> None:
    """列出待处理的各件：只有编号、渠道、原因等，不含内容。"""
    count = 0
    for item in _waiting(campaign, reason):
        typer.echo(
            f"{item['id']}  {item['kept_at']}  {item['channel']}  {item['reason_name']}  {item['detail']}"
        )
        count += 1
    typer.echo(f"共 {count} 件待处理。")


@quarantine_app.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="编号；不写则全部", metavar="[ID]...")] = None,
    campaign: Annotated[str, typer.Option(help="活动（重放全部时）")] = "suzhou-2024",
    reason: Annotated[str | None, typer.Option(help="只重放这种原因的（重放全部时）")] = None,
) -> None:
    """把原始提交交给原来的接口再接收一次；仍有未能接收的则状态为 1。"""
    wanted = ids or [item["id"] for item in _waiting(campaign, reason)]
    accepted = 0
    for id in wanted:
        item = _ask("POST", f"/{id}:replay")
        is_accepted = item["state"] == "accepted"
        accepted += is_accepted
        told = item["receipt"] or "整份文件开始处理" if is_accepted else item["detail"]
        typer.echo(f"{id}  {item['state_name']}  {told}")
    typer.echo(f"已重新接收 {accepted} 件，仍待处理 {len(wanted) - accepted} 件。")
    raise typer.Exit(0 if accepted == len(wanted) else 1)


@quarantine_app.command("discard")
def discard(
    ids: Annotated[list[str], typer.Argument(help="编号", metavar="ID...")],
    why: Annotated[str, typer.Option(help="理由，记入审计")],
) -> None:
    """销毁不是任何人答卷的各件。"""
    for id in ids:
        _ask("POST", f"/{id}:discard", json={"reason": why})
    typer.echo(f"已弃置 {len(ids)} 件。")


def _waiting(campaign: str, reason: str | None) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"campaign": campaign, "limit": PAGE_COUNT}
    if reason is not None:
        query["reason"] = reason
    while True:
        page = _ask("GET", "", params=query)
        yield from page["items"]
        if page["cursor"] is None:
            return
        query["cursor"] = page["cursor"]


def _ask(method: str, path: str, **content: Any) -> dict[str, Any]:
    """The answer of the running intake. Raises what ``content_of`` does."""
    import httpx

    from services.cli.asking import content_of, operator_headers
    from services.cli.settings import ClientSettings
    from shared.errors import RetryLater

    client = ClientSettings()
    try:
        answer = httpx.request(
            method,
            f"{client.intake_url}/intake/v1/quarantine{path}",
            headers=operator_headers(client),
            timeout=60,
            trust_env=False,
            **content,
        )
    except httpx.HTTPError as error:
        raise RetryLater(f"{client.intake_url} 没有应答：{error}") from error
    return content_of(answer)
