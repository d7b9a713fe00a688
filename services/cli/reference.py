"""``dafangtan settings``, ``events`` and ``reference``: what the code says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

events_app = typer.Typer(help="事件。", no_args_is_help=True)


@events_app.callback()
def callback() -> None:
    """事件。"""


def settings() -> None:
    """列出全部设置：环境变量、默认值、含义。"""
    from services.cli import references

    for setting in references.all_settings():
        typer.echo(f"{setting.variable}\n    默认 {setting.default or '（空）'}\n    {setting.meaning}")


@events_app.command("asyncapi")
def asyncapi() -> None:
    """打印由事件模型生成的 AsyncAPI 文档（JSON）。"""
    from shared.events.asyncapi import asyncapi_document

    typer.echo(json.dumps(asyncapi_document(), ensure_ascii=False, indent=2))


def reference(
    folder: Annotated[Path, typer.Argument(help="写入的文件夹", metavar="DIR")] = Path("docs/reference"),
) -> None:
    """由代码生成参考文档：事件、HTTP、指标、状态图、设置。"""
    from services.cli import references

    folder.mkdir(parents=True, exist_ok=True)
    pages = references.pages()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    typer.echo(f"已写入 {len(pages)} 页：{folder}")
