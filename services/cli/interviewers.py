"""``dafangtan interviewer``: who may sign in with ODK Collect."""

from __future__ import annotations

from typing import Annotated

import typer

from shared.errors import Invalid

interviewer_app = typer.Typer(help="访问员：用 ODK Collect 登录的用户名和密码。", no_args_is_help=True)


@interviewer_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="访问员姓名", metavar="NAME")],
    unit: Annotated[str, typer.Option(help="所属责任单位的编号，如 gusu")],
    campaign: Annotated[str | None, typer.Option(help="活动编号；只有一个活动时可以不写")] = None,
) -> None:
    """登记一名访问员；密码只显示这一次，系统不保存密码本身。"""
    from services.cli.ground import load_campaigns
    from shared.access import add_interviewer
    from shared.privacy import KeyRing
    from shared.real_time import system_clock
    from shared.settings import Settings

    settings = Settings()
    campaigns = load_campaigns(settings)
    if campaign is None and len(campaigns) > 1:
        raise Invalid(f"有多个活动，请用 --campaign 写明是 {'、'.join(campaigns)} 中的哪一个。")
    chosen = campaigns.get(campaign or next(iter(campaigns)))
    if chosen is None:
        raise Invalid(f"没有活动“{campaign}”，应为 {'、'.join(campaigns)} 之一。")
    chosen.unit(unit)
    keys = KeyRing.load(settings.keys_file).campaign(chosen.id)
    password, made = add_interviewer(
        settings.interviewers_file, keys, campaign=chosen.id, name=name, unit=unit, now=system_clock()
    )
    typer.echo(f"用户名：{made.username}\n密码：{password}")
    typer.echo(
        f"服务器地址的路径：/intake/openrosa/{chosen.id}（密码不会再次显示，请当面交给访问员）", err=True
    )


@interviewer_app.command("list")
def list_() -> None:
    """列出全部访问员。"""
    from shared.access import known_of, read_interviewers
    from shared.privacy import KeyRing
    from shared.settings import Settings

    settings = Settings()
    standing = read_interviewers(settings.interviewers_file)
    keyring = KeyRing.load(settings.keys_file)
    for each in standing.values():
        name = known_of(each, keyring.campaign(each.campaign)).principal.name
        state = "在用" if each.revoked_at is None else f"已于 {each.revoked_at} 停用"
        typer.echo(f"{each.username}  {each.campaign}  {each.unit}  {name}  {state}")
    typer.echo(f"共 {len(standing)} 名访问员。")


@interviewer_app.command("revoke")
def revoke(username: Annotated[str, typer.Argument(help="用户名", metavar="USERNAME")]) -> None:
    """停用一名访问员，立即生效；已经提交的访谈不受影响。"""
    from shared.access import revoke_interviewer
    from shared.real_time import system_clock
    from shared.settings import Settings

    revoke_interviewer(Settings().interviewers_file, username, now=system_clock())
    typer.echo(f"已停用 {username}。")
