"""``dafangtan signing-key``: keys of backends that sign what they send, such as the app's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from shared.errors import Invalid

signing_key_app = typer.Typer(help="签名密钥：APP 后台以它对请求签名（HMAC-SHA256）。", no_args_is_help=True)

CHANNEL = "app"
KeyId = Annotated[str, typer.Argument(help="密钥编号", metavar="ID")]


@signing_key_app.callback()
def callback() -> None:
    """签名密钥。"""


@signing_key_app.command("add")
def add(
    campaign: Annotated[str, typer.Argument(help="活动，如 suzhou-2024", metavar="CAMPAIGN")],
    webhook: Annotated[str | None, typer.Option(help="回复送达的地址（https）；不填则由 APP 查询")] = None,
) -> None:
    """为一个活动的 APP 后台生成签名密钥；密钥只显示这一次，系统加密保存它（验签须用原文，不能只存摘要）。"""
    from services.cli.ground import load_campaigns
    from shared.access.signing_keys import add_signing_key
    from shared.privacy import KeyRing
    from shared.real_time import system_clock
    from shared.settings import Settings

    settings = Settings()
    campaigns = load_campaigns(settings)
    if campaign not in campaigns or CHANNEL not in campaigns[campaign].channels:
        able = [id for id, each in campaigns.items() if CHANNEL in each.channels]
        raise Invalid(f"没有设 APP 渠道（{CHANNEL}）的活动“{campaign}”，应为 {'、'.join(able)} 之一。")
    secret, key = add_signing_key(
        settings.signing_keys_file,
        KeyRing.load(settings.keys_file).campaign(campaign),
        channel=CHANNEL,
        campaign=campaign,
        webhook_url=webhook,
        now=system_clock(),
    )
    typer.echo(f"编号 {key.id}\n密钥 {secret}")


@signing_key_app.command("rotate")
def rotate(
    key_id: KeyId,
    overlap_hours: Annotated[int, typer.Option(help="原密钥继续有效的小时数", min=0, max=24 * 30)] = 24,
) -> None:
    """更换一个签名密钥：编号不变，给出新密钥；原密钥在给定时间内仍然有效，以便 APP 后台更换。"""
    from shared.access.signing_keys import renew_signing_key
    from shared.privacy import KeyRing
    from shared.real_time import system_clock
    from shared.settings import Settings

    settings, now = Settings(), system_clock()
    secret, _ = renew_signing_key(
        settings.signing_keys_file,
        key_id,
        KeyRing.load(settings.keys_file).campaign,
        old_good_until=now + timedelta(hours=overlap_hours),
    )
    typer.echo(f"编号 {key_id}\n密钥 {secret}")
    typer.echo(f"原密钥在 {overlap_hours} 小时后失效。", err=True)


@signing_key_app.command("webhook")
def webhook(
    key_id: KeyId,
    url: Annotated[
        str | None, typer.Argument(help="回复送达的地址（https）；不填则停止送达", metavar="URL")
    ] = None,
) -> None:
    """设置或取消回复送达的地址。"""
    from shared.access.signing_keys import set_webhook
    from shared.settings import Settings

    set_webhook(Settings().signing_keys_file, key_id, url)
    typer.echo(f"密钥 {key_id} 的回复" + (f"将送达 {url}。" if url else "不再送达，由 APP 查询。"))


@signing_key_app.command("revoke")
def revoke(key_id: KeyId) -> None:
    """停用一个签名密钥，立即生效。"""
    from shared.access.signing_keys import revoke_signing_key
    from shared.real_time import system_clock
    from shared.settings import Settings

    revoke_signing_key(Settings().signing_keys_file, key_id, now=system_clock())
    typer.echo(f"已停用 {key_id}。")
