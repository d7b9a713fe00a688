"""``dafangtan keys``, ``channel-key`` and ``token``: what opens what."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from shared.errors import Invalid

keys_app = typer.Typer(help="活动密钥。", no_args_is_help=True)
channel_key_app = typer.Typer(help="渠道前端的密钥。", no_args_is_help=True)


@keys_app.callback()
def callback() -> None:
    """活动密钥。"""


@keys_app.command("init")
def init() -> None:
    """为每个活动生成密钥，并生成本机令牌签发者；已有的保持不变。"""
    from services.cli.local import make_local_secrets
    from shared.settings import Settings

    settings = Settings()
    make_local_secrets(settings)
    typer.echo(f"密钥在 {settings.keys_file}。请另行备份：丢失后，密封的内容无法再打开。")


@keys_app.command("rotate")
def rotate(
    campaign: Annotated[str | None, typer.Argument(help="活动；不写则全部", metavar="[CAMPAIGN]")] = None,
    settle: Annotated[float, typer.Option(help="各进程启用新密钥后再等多少秒，才销毁旧密钥", min=0)] = 15.0,
) -> None:
    """更换封存密钥：不停机；中断后再运行一次即从断处继续，完成后旧密钥销毁。"""
    from services.cli import rotating
    from shared.settings import Settings

    raise typer.Exit(rotating.rotate(Settings(), [campaign] if campaign else [], settle))


@channel_key_app.command("add")
def add(channel: Annotated[str, typer.Argument(help="渠道，如 wechat", metavar="CHANNEL")]) -> None:
    """为一个渠道前端生成密钥；密钥只显示这一次，系统只保存它的摘要。"""
    from services.cli.ground import load_campaigns
    from shared.access import add_channel_key
    from shared.real_time import system_clock
    from shared.settings import Settings

    settings = Settings()
    known = {name for campaign in load_campaigns(settings).values() for name in campaign.channels}
    if channel not in known:
        raise Invalid(f"没有渠道“{channel}”，应为 {'、'.join(sorted(known))} 之一。")
    text, _ = add_channel_key(settings.channel_keys_file, channel, now=system_clock())
    typer.echo(text)


@channel_key_app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="密钥编号（密钥第二段）", metavar="ID")]) -> None:
    """停用一个渠道密钥，立即生效。"""
    from shared.access import revoke_channel_key
    from shared.real_time import system_clock
    from shared.settings import Settings

    revoke_channel_key(Settings().channel_keys_file, key_id, now=system_clock())
    typer.echo(f"已停用 {key_id}。")


def token(
    role: Annotated[str, typer.Option(help="角色，如 office、analyst、leading_group")],
    subject: Annotated[str | None, typer.Option(help="使用者，默认与角色同名")] = None,
    unit: Annotated[str | None, typer.Option(help="所属责任单位")] = None,
    hours: Annotated[int, typer.Option(help="有效小时数", min=1, max=24 * 90)] = 12,
) -> None:
    """用本机签发者签发一个令牌（内置引擎）。"""
    from services.cli.local import local_issuer
    from shared.access import Role
    from shared.settings import Settings

    if role not in list(Role):
        raise Invalid(f"没有角色“{role}”，应为 {'、'.join(Role)} 之一。")
    issuer = local_issuer(Settings())
    lifetime_s = int(timedelta(hours=hours).total_seconds())
    typer.echo(issuer.issue(subject or role, [Role(role)], unit=unit, lifetime_s=lifetime_s))
