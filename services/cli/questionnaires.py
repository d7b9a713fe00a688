"""``dafangtan questionnaire``: questionnaires as files that people and other programs use."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.campaign import Campaign

questionnaire_app = typer.Typer(help="问卷：检查、转换、打印、发布。", no_args_is_help=True)

CampaignArgument = Annotated[str, typer.Argument(help="活动编号，如 suzhou-2024", metavar="CAMPAIGN")]
EditionArgument = Annotated[str, typer.Argument(help="版别，如 general", metavar="EDITION")]

_KIND_NAMES = {
    "single": "单选",
    "multiple": "多选",
    "scale": "量表",
    "ranking": "排序",
    "grid": "表格",
    "integer": "整数",
    "decimal": "小数",
    "date": "日期",
    "text": "填写",
}


class Format(StrEnum):
    """What a questionnaire can be converted to."""

    XFORM = "xform"
    XLSFORM = "xlsform"
    XLSX = "xlsx"
    JSON = "json"


@questionnaire_app.callback()
def callback() -> None:
    """问卷：检查、转换、打印、发布。"""


@questionnaire_app.command("check")
def check(
    file: Annotated[
        Path,
        typer.Argument(help="问卷的 .yaml 或 XLSForm .xlsx", metavar="FILE", exists=True, dir_okay=False),
    ],
) -> None:
    """检查一份问卷：没有问题时列出各种题的数目，否则逐条列出位置和原因。"""
    from shared.campaign import CampaignInvalid
    from shared.forms.files import read_questionnaire_file

    try:
        questionnaire = read_questionnaire_file(file)
    except CampaignInvalid as invalid:
        for problem in invalid.problems:
            typer.echo(str(problem))
        typer.echo(f"共 {len(invalid.problems)} 处问题，修改后再检查。", err=True)
        raise typer.Exit(1) from None
    counts = Counter[str](question.kind for question in questionnaire.questions.values())
    kinds = "，".join(f"{name} {counts[kind]}" for kind, name in _KIND_NAMES.items() if counts[kind])
    typer.echo(
        f"{questionnaire.title}（{questionnaire.id}，版本 {questionnaire.version}）："
        f"{len(questionnaire.sections) or 1} 个部分，{counts.total()} 道题（{kinds}），没有问题。"
    )


@questionnaire_app.command("convert")
def convert(
    campaign: CampaignArgument,
    edition: EditionArgument,
    to: Annotated[
        Format, typer.Option(help="xform（ODK Collect）、xlsform、xlsx（Excel 填报模板）或 json（网页）")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="写入的文件", metavar="FILE", dir_okay=False)
    ],
) -> None:
    """把一个版别的问卷转换成别的程序能用的表单。"""
    _write(output, _converted(_campaign(campaign), edition, to))


@questionnaire_app.command("print")
def print_(
    campaign: CampaignArgument,
    edition: EditionArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="写入的 .docx", metavar="FILE.docx", dir_okay=False)
    ],
    guide: Annotated[bool, typer.Option("--guide", help="打印访谈提纲，不是问卷")] = False,
) -> None:
    """生成供打印的 Word 文件：问卷或访谈提纲，有个案编号和签名的位置。"""
    from shared.forms.word_form import write_word_form
    from shared.forms.word_guide import write_word_guide
    from shared.real_time import system_clock

    write = write_word_guide if guide else write_word_form
    _write(output, write(_campaign(campaign), edition, system_clock()))


@questionnaire_app.command("publish")
def publish(
    folder: Annotated[
        Path, typer.Argument(help="活动定义的文件夹", metavar="DIR", exists=True, file_okay=False)
    ],
) -> None:
    """发布现在的问卷：此后不能再改它的内容，要改就换一个新版本。"""
    from shared.campaign import publish as publish_all

    for found in publish_all(folder):
        state = "现已发布" if found.is_new else "此前已发布，没有改动"
        typer.echo(f"{found.title}（{found.edition}，版本 {found.version}）：{state}。")


def _campaign(id: str) -> Campaign:
    from services.cli.ground import load_campaigns
    from shared.errors import NotFound
    from shared.settings import Settings

    campaigns = load_campaigns(Settings())
    if id not in campaigns:
        raise NotFound(f"没有活动“{id}”；可用的有：{'、'.join(campaigns)}")
    return campaigns[id]


def _converted(campaign: Campaign, edition: str, to: Format) -> bytes:
    match to:
        case Format.XFORM:
            from shared.forms.xform import write_xform

            return write_xform(campaign, edition).encode()
        case Format.XLSFORM:
            from shared.forms.writing import write_xlsform

            return write_xlsform(campaign.questionnaire(edition))
        case Format.JSON:
            from shared.forms.json_form import write_json_form

            return write_json_form(campaign, edition).encode()
        case Format.XLSX:
            from services.intake.channels.excel.template import write_template

            return write_template(campaign, edition)


def _write(output: Path, content: bytes) -> None:
    from shared.errors import Invalid

    try:
        output.write_bytes(content)
    except OSError as error:
        raise Invalid(f"写不了“{output}”（{error.strerror}），请换一个位置。") from error
    typer.echo(f"已写入 {output}（{len(content):,} 字节）。")
